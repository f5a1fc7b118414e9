// One operation at one shape, to be timed alone: what it computes and moves at least, and how it is run once. It knows
// no clock's statistics and no table; the shapes that are worth timing stand in OperationCase+All.

import ApusCore

/// An operation at a shape, with the least work that it takes.
public struct OperationCase: Sendable {
  /// The least work of a part of an operation.
  public struct Work: Sendable, Equatable {
    /// What is timed: `forward`, `backward`, `update` …
    public var part: String
    /// Floating-point operations; a multiply-add counts two.
    public var flops: Double
    /// Bytes that are read or written at least once.
    public var bytes: Double

    /// The seconds that a machine needs at least: arithmetic at its peak or memory at its bandwidth.
    public func least(peak: Double, bandwidth: Double) -> Double { max(flops / peak, bytes / bandwidth) }

    /// Whether memory, not arithmetic, is the limit.
    public func isBoundByMemory(peak: Double, bandwidth: Double) -> Bool { bytes / bandwidth > flops / peak }
  }

  /// What the operation is called.
  public let name: String
  /// Its shape, for people.
  public let shape: String
  /// Its parts, in the order of the times that a run gives.
  public let works: [Work]

  private let prepare: @Sendable () -> Run

  /// Runs every part once; the seconds of each.
  public typealias Run = (Workspace) -> [Double]

  init(_ name: String, _ shape: String, _ works: [Work], _ prepare: @escaping @Sendable () -> Run) {
    (self.name, self.shape, self.works, self.prepare) = (name, shape, works, prepare)
  }

  /// Makes the data; what runs the operation on them.
  public func prepared() -> Run { prepare() }
}

extension OperationCase {
  /// An operation of the tape on `[batch's tokens, width]`: forward, then backward from a gradient of ones, which
  /// writes the gradients of `parameters`.
  static func differentiable(
    _ batch: PackedBatch, width: Int, _ parameters: [Parameter] = [],
    _ operation: @escaping (Workspace, Variable) -> Variable
  ) -> Run {
    let values = random(rows: batch.tokens.count, columns: width)
    return { workspace in
      workspace.begin(batch, recording: true)
      for parameter in parameters { parameter.zeroGradient() }
      let x = workspace.arena.allocate(rows: values.rows, columns: values.columns)
      x.pointer.update(from: values.pointer, count: values.count)
      let input = workspace.tape.variable(x)
      var output = input
      let forward = seconds { output = operation(workspace, input) }
      workspace.tape.gradient(of: output).0.fill(1)
      return [forward, seconds { workspace.tape.backward(in: workspace) }]
    }
  }

  /// The seconds that `body` takes.
  static func seconds(_ body: () -> Void) -> Double {
    let start = Clock.nanoseconds()
    body()
    return Double(Clock.nanoseconds() - start) * 1e-9
  }

  /// Numbers between −1 and 1, the same every time.
  static func random(rows: Int, columns: Int) -> Tensor {
    let tensor = Tensor(rows: rows, columns: columns)
    var generator = Philox(seed: 1).stream()
    for index in 0..<tensor.count {
      tensor.pointer[index] = Float(Int32(truncatingIfNeeded: generator.next() >> 32)) * 0x1p-31
    }
    return tensor
  }

  /// `rows` sequences of `length` tokens.
  static func batch(rows: Int, length: Int, vocabulary: Int = 2) -> PackedBatch {
    let sequence = (0..<length).map { Int32($0 * 7919 % vocabulary) }
    let sequences = [[Int32]](repeating: sequence, count: rows)
    return PackedBatch(sequences: sequences, targets: sequences)
  }
}
