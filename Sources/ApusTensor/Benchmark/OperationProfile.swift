// Where the time of passes goes: seconds by kind of operation, forward and backward. A workspace that is given one
// fills it; it reads two clocks an operation and knows no model.

import ApusCore

/// Seconds of passes by kind of operation.
public struct OperationProfile: Sendable, Equatable {
  /// The kinds that are told apart.
  public enum Kind: Int, CaseIterable, Sendable {
    case embedding, norm, linear, rotary, attention, gate, dropout, sum, experts, output

    /// What the kind is called.
    public var name: String {
      switch self {
      case .embedding: "embedding"
      case .norm: "norms"
      case .linear: "linear layers"
      case .rotary: "rotation"
      case .attention: "attention"
      case .gate: "gates"
      case .dropout: "dropout"
      case .sum: "sums"
      case .experts: "experts"
      case .output: "output and loss"
      }
    }
  }

  private var forward = [Double](repeating: 0, count: Kind.allCases.count)
  private var backward = [Double](repeating: 0, count: Kind.allCases.count)

  /// Nothing measured yet.
  public init() {}

  /// Seconds of forward passes.
  public func forwardSeconds(_ kind: Kind) -> Double { forward[kind.rawValue] }
  /// Seconds of backward passes; the output's is part of its forward pass.
  public func backwardSeconds(_ kind: Kind) -> Double { backward[kind.rawValue] }

  mutating func add(_ kind: Kind, forward seconds: Double) { forward[kind.rawValue] += seconds }
  mutating func add(_ kind: Kind, backward seconds: Double) { backward[kind.rawValue] += seconds }
}

extension Workspace {
  /// Runs an operation, and adds its time to the profile where there is one.
  func measured<Result>(_ kind: OperationProfile.Kind, _ operation: () -> Result) -> Result {
    guard profile != nil else { return operation() }
    let start = Clock.nanoseconds()
    defer { profile?.add(kind, forward: Double(Clock.nanoseconds() - start) * 1e-9) }
    return operation()
  }

  /// Runs a record backwards, and adds its time to the profile where there is one.
  func measuredBackward(_ record: Record) {
    guard profile != nil else { return record.backward(in: self) }
    let start = Clock.nanoseconds()
    record.backward(in: self)
    profile?.add(record.kind, backward: Double(Clock.nanoseconds() - start) * 1e-9)
  }
}

extension Record {
  fileprivate var kind: OperationProfile.Kind {
    switch self {
    case .embedding: .embedding
    case .norm, .queryKeyNorm: .norm
    case .linear: .linear
    case .rotary: .rotary
    case .attention: .attention
    case .gated, .sigmoidGate: .gate
    case .dropout: .dropout
    case .sum: .sum
    case .routing, .dispatch, .groupedLinear, .combine: .experts
    }
  }
}
