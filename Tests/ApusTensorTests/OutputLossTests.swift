// The fused loss against the formulas in double precision, with so many rows and so large a vocabulary that it works in
// blocks, the last of them ragged.

import ApusCore
import Foundation
import Testing

@testable import ApusTensor

@Suite struct OutputLossTests {
  private static let vocabulary = 9_001
  private static let width = 8
  private static let rows = 1_003

  private func tensor(_ rows: Int, _ columns: Int, _ scale: Double) -> Tensor {
    Tensor(
      rows: rows, columns: columns, values: (0..<rows * columns).map { Float(scale * sin(Double($0 * $0 % 7919))) })
  }

  /// - Parameter ignored: of ten tokens, so many have no target.
  @Test(arguments: [0, 1, 9, 10]) func blocksOfTokensGiveTheFormulasLossAndGradients(ignored: Int) throws {
    let workspace = Workspace(pool: ThreadPool(threads: 2), kernels: try Kernels.select())
    let x = tensor(Self.rows, Self.width, 1)
    let weight = Parameter(name: "w", value: tensor(Self.vocabulary, Self.width, 2), decays: true)
    let targets = (0..<Self.rows).map { $0 * 7 % 10 < ignored ? Int32(-100) : Int32($0 * 31 % Self.vocabulary) }
    let batch = PackedBatch(
      tokens: [Int32](repeating: 0, count: Self.rows), targets: targets,
      segments: [Segment(start: 0, count: Self.rows)])
    workspace.begin(batch, recording: true)
    let input = workspace.tape.variable(x)
    var loss = OutputLoss(projection: OutputProjection(weight: weight), input: input)
    loss.logitsAtOnce = 1 << 20
    let sum = loss.forwardBackward(scale: 0.25, in: workspace)
    let dx = workspace.tape.gradient(of: input).0.values
    let losses = loss.evaluate(in: workspace).losses
    var total = 0.0
    // Every 97th row, to spare time.
    for row in 0..<Self.rows {
      total += Double(losses[row])
      guard row % 97 == 0 || (targets[row] < 0 && row % 7 == 0) else { continue }
      let (expected, gradient) = formula(row, x, weight.value, targets[row])
      #expect(abs(Double(losses[row]) - expected) < 2e-6 * max(1, expected))
      for feature in 0..<Self.width {
        #expect(abs(Double(dx[row * Self.width + feature]) - 0.25 * gradient[feature]) < 2e-5)
      }
    }
    #expect(abs(sum - total) <= 1e-6 * total)
    // The gradient of the weight, summed over the vocabulary, is zero: softmax minus one-hot sums to zero.
    let dw = weight.gradient.values
    for feature in 0..<Self.width {
      let column = stride(from: feature, to: dw.count, by: Self.width).reduce(0.0) { $0 + Double(dw[$1]) }
      #expect(abs(column) < 1e-3)
    }
    #expect((abs(dw.reduce(0) { max($0, abs($1)) }) > 0.1) == (ignored < 10))
  }

  @Test func hitsAreTargetsOfTheGreatestLogit() throws {
    let workspace = Workspace(pool: ThreadPool(threads: 2), kernels: try Kernels.select())
    let (rows, vocabulary) = (60, 301)
    let x = tensor(rows, Self.width, 1)
    let weight = Parameter(name: "w", value: tensor(vocabulary, Self.width, 2), decays: true)
    var targets: [Int32] = []
    var expected = 0
    for row in 0..<rows {
      let logits = (0..<vocabulary).map { token in
        (0..<Self.width).reduce(0.0) { $0 + Double(x.row(row)[$1]) * Double(weight.value.row(token)[$1]) }
      }
      let greatest = logits.indices.reduce(0) { logits[$1] > logits[$0] ? $1 : $0 }
      if row % 3 == 0 { expected += 1 }
      targets.append(row % 3 == 2 ? -1 : Int32((greatest + row % 3) % vocabulary))
    }
    let segments = [Segment(start: 0, count: rows)]
    let tokens = [Int32](repeating: 0, count: rows)
    workspace.begin(PackedBatch(tokens: tokens, targets: targets, segments: segments), recording: false)
    let loss = OutputLoss(projection: OutputProjection(weight: weight), input: workspace.tape.variable(x))
    #expect(loss.evaluate(in: workspace).hits == expected)
  }

  private func formula(_ row: Int, _ x: Tensor, _ w: Tensor, _ target: Int32) -> (Double, [Double]) {
    guard target >= 0 else { return (0, [Double](repeating: 0, count: Self.width)) }
    let logits = (0..<Self.vocabulary).map { token in
      (0..<Self.width).reduce(0.0) { $0 + Double(x.row(row)[$1]) * Double(w.row(token)[$1]) }
    }
    let maximum = logits.max() ?? 0
    let sum = logits.reduce(0) { $0 + exp($1 - maximum) }
    var gradient = [Double](repeating: 0, count: Self.width)
    for token in 0..<Self.vocabulary {
      let p = exp(logits[token] - maximum) / sum - (token == Int(target) ? 1 : 0)
      for feature in 0..<Self.width { gradient[feature] += p * Double(w.row(token)[feature]) }
    }
    return (maximum + log(sum) - logits[Int(target)], gradient)
  }
}
