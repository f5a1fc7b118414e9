// From the numbers of a file to float32.

import CApusKernels

/// How a file stores real numbers, little-endian.
public enum StoredNumbers: Sendable {
  /// IEEE single precision.
  case float32
  /// IEEE half precision.
  case float16
  /// The upper half of float32.
  case bfloat16
  /// IEEE double precision.
  case float64

  /// Bytes of one number.
  public var size: Int {
    switch self {
    case .float16, .bfloat16: 2
    case .float32: 4
    case .float64: 8
    }
  }
}

extension Kernels {
  /// The numbers in `bytes`, which may have any alignment; what does not fill a number at the end is left out.
  public func floats(_ numbers: StoredNumbers, in bytes: UnsafeRawBufferPointer) -> [Float] {
    let count = bytes.count / numbers.size
    return [Float](unsafeUninitializedCapacity: count) { result, initialized in
      result.initialize(repeating: 0)
      switch numbers {
      case .float32: UnsafeMutableRawBufferPointer(result).copyMemory(from: .init(rebasing: bytes[..<(4 * count)]))
      case .float64:
        for index in 0..<count {
          result[index] = Float(bytes.loadUnaligned(fromByteOffset: 8 * index, as: Double.self))
        }
      case .float16: convert(bytes, count, table.pointee.float16_to_float, result)
      case .bfloat16: convert(bytes, count, table.pointee.bfloat16_to_float, result)
      }
      initialized = count
    }
  }

  // By way of an aligned buffer, for files align nothing.
  private func convert(
    _ bytes: UnsafeRawBufferPointer, _ count: Int,
    _ kernel: (UnsafePointer<UInt16>, UnsafeMutablePointer<Float>, Int) -> Void,
    _ result: UnsafeMutableBufferPointer<Float>
  ) {
    guard let target = result.baseAddress else { return }
    withUnsafeTemporaryAllocation(of: UInt16.self, capacity: 4096) { aligned in
      guard let source = aligned.baseAddress else { return }
      for first in stride(from: 0, to: count, by: aligned.count) {
        let numbers = min(aligned.count, count - first)
        let part = UnsafeRawBufferPointer(rebasing: bytes[(2 * first)..<(2 * (first + numbers))])
        UnsafeMutableRawBufferPointer(aligned).copyMemory(from: part)
        kernel(source, target + first, numbers)
      }
    }
  }
}
