// A float32 matrix: a view into storage that many views may share. It knows no operation, no gradient and no model; the
// operations in Ops/ reach its memory through `pointer`, everybody else through closures over spans and bytes.

import ApusCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Memory for float32 values, aligned for the kernels (64 bytes; large blocks for huge pages), freed with its last
/// owner. What is known to exceed the machine is refused before (`MemoryUse`); where the system refuses all the same,
/// the process ends with a sentence.
///
/// Sendable by this rule: whoever writes a tensor is its only user at that time. Parameters are written by the trainer
/// or loader that owns the model, activations by the workspace that owns them; an operation's threads write disjoint
/// parts.
final class TensorStorage: @unchecked Sendable {
  let base: UnsafeMutablePointer<Float>
  let count: Int

  init(count: Int) {
    let hugePage = 2 << 20
    let bytes = (max(count, 16) * MemoryLayout<Float>.stride + 63) & ~63
    var memory: UnsafeMutableRawPointer?
    guard posix_memalign(&memory, bytes >= hugePage ? hugePage : 64, bytes) == 0, let memory else {
      Platform.end(
        with: ApusError(
          .fault, "the system refuses \(bytes) bytes of memory",
          remedy: "end other programs, or ask for a smaller model, batch or context"))
    }
    #if os(Linux)
      if bytes >= hugePage { madvise(memory, bytes, 14 /* MADV_HUGEPAGE */) }
    #endif
    base = memory.bindMemory(to: Float.self, capacity: count)
    self.count = count
  }

  deinit { free(base) }
}

/// A row-major float32 matrix `[rows, columns]`: a view, so copies share the values.
public struct Tensor: Sendable {
  let storage: TensorStorage
  let offset: Int
  /// Tokens, or the first axis of a weight.
  public let rows: Int
  /// Features, or the second axis of a weight.
  public let columns: Int

  init(storage: TensorStorage, offset: Int, rows: Int, columns: Int) {
    self.storage = storage
    self.offset = offset
    self.rows = rows
    self.columns = columns
  }

  /// A tensor of its own memory, filled with zeros.
  public init(rows: Int, columns: Int) {
    self.init(storage: TensorStorage(count: rows * columns), offset: 0, rows: rows, columns: columns)
    pointer.initialize(repeating: 0, count: count)
  }

  /// A tensor of its own memory with the given values, row after row.
  public init(rows: Int, columns: Int, values: [Float]) {
    precondition(values.count == rows * columns, "\(values.count) values for a tensor [\(rows), \(columns)]")
    self.init(storage: TensorStorage(count: rows * columns), offset: 0, rows: rows, columns: columns)
    values.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { pointer.initialize(from: base, count: count) }
    }
  }

  /// The number of values.
  public var count: Int { rows * columns }

  var pointer: UnsafeMutablePointer<Float> { storage.base + offset }

  func row(_ index: Int) -> UnsafeMutablePointer<Float> { pointer + index * columns }

  /// The rows `range` as a view.
  public func rows(_ range: Range<Int>) -> Tensor {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
    return Tensor(storage: storage, offset: offset + range.lowerBound * columns, rows: range.count, columns: columns)
  }

  /// Reads all values, row after row.
  public func withValues<Result, Failure: Error>(
    _ body: (UnsafeBufferPointer<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeBufferPointer(start: pointer, count: count))
  }

  /// Reads or writes all values, row after row. The caller must be the tensor's only user.
  public func withMutableValues<Result, Failure: Error>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeMutableBufferPointer(start: pointer, count: count))
  }

  /// Reads all values as bytes in the machine's order (little-endian on every supported machine).
  public func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeRawBufferPointer(start: pointer, count: count * MemoryLayout<Float>.stride))
  }

  /// A copy of all values, row after row.
  public var values: [Float] { withValues { Array($0) } }

  /// A copy in memory of its own.
  public func copied() -> Tensor {
    let copy = Tensor(storage: TensorStorage(count: count), offset: 0, rows: rows, columns: columns)
    copy.pointer.initialize(from: pointer, count: count)
    return copy
  }

  /// Overwrites every value with `value`. The caller must be the tensor's only user.
  public func fill(_ value: Float) {
    pointer.update(repeating: value, count: count)
  }
}
