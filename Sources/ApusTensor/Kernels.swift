// The choice of the kernels' table: once, by the processor's features, overridden by the environment variable APUS_ISA.
// Only ApusTensor imports CApusKernels; what lies above knows this type's name and nothing of C.

public import ApusCore
import CApusKernels

/// The inner loops of one instruction set.
public struct Kernels: @unchecked Sendable {
  // Immutable static memory of the C library, so shared freely.
  let table: UnsafePointer<apus_kernels>

  /// `scalar`, `avx2`, `avx512` or `neon`.
  public var name: String { String(cString: table.pointee.name) }

  /// The table that `APUS_ISA` names, or the best that this processor has.
  ///
  /// Throws a usage error where `APUS_ISA` names an instruction set that is unknown or that the processor lacks.
  public static func select() throws(ApusError) -> Kernels {
    try selected.get()
  }

  /// The table of the given name; nil where it is unknown or the processor lacks it.
  public static func named(_ name: String) -> Kernels? {
    apus_kernels_named(name).map(Kernels.init(table:))
  }

  /// Every table that this processor can run, the plain loops first.
  public static var available: [Kernels] {
    ["scalar", "avx2", "avx512", "neon"].compactMap(named)
  }

  /// The rate of float32 multiply-adds on registers in GFLOP/s, measured on the calling thread for about `seconds`.
  public func measuredPeak(seconds: Double) -> Double {
    apus_measure_peak(table, seconds)
  }

  private static let selected: Result<Kernels, ApusError> = {
    guard let name = Platform.environment("APUS_ISA"), !name.isEmpty else {
      return .success(Kernels(table: apus_kernels_best()))
    }
    if let kernels = named(name) { return .success(kernels) }
    let names = available.map(\.name).joined(separator: ", ")
    return .failure(
      ApusError(
        .usage, "APUS_ISA is '\(name)', which is unknown or not supported by this processor",
        remedy: "use one of \(names), or leave it unset"))
  }()
}

/// The function between two projections, or in a gate.
public enum ActivationFunction: String, Sendable, Equatable {
  /// x itself.
  case none
  /// max(0, x).
  case relu
  /// x Φ(x), by the error function.
  case geluErf
  /// The tanh approximation of GELU ("gelu_new").
  case geluTanh
  /// x sigmoid(x).
  case silu

  var kernel: apus_activation {
    switch self {
    case .none: APUS_ACTIVATION_NONE
    case .relu: APUS_ACTIVATION_RELU
    case .geluErf: APUS_ACTIVATION_GELU_ERF
    case .geluTanh: APUS_ACTIVATION_GELU_TANH
    case .silu: APUS_ACTIVATION_SILU
    }
  }
}
