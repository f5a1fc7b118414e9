// LayerNorm and RMSNorm against a double-precision reference, and their derivatives by finite differences.

import CApusKernels
import Testing

private struct NormCase {
  var kind = APUS_NORM_LAYER
  var rows = 3
  var columns = 7
  var gainOffset: Float = 0
  var hasGain = true
  var hasBias = true
  let epsilon: Float = 1e-5

  func reference(_ x: [Double], _ gain: [Double], _ bias: [Double]) -> [Double] {
    (0..<rows).flatMap { t -> [Double] in
      let row = x[(t * columns)..<((t + 1) * columns)]
      let mean = kind == APUS_NORM_LAYER ? row.reduce(0, +) / Double(columns) : 0
      let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
      let scale = 1 / (variance + Double(epsilon)).squareRoot()
      return row.enumerated().map { j, v in
        (v - mean) * scale * (hasGain ? gain[j] + Double(gainOffset) : 1) + (hasBias ? bias[j] : 0)
      }
    }
  }
}

@Suite struct NormTests {
  private static let cases: [NormCase] = [1, 2, 7, 8, 31, 33, 64, 95, 128].flatMap { columns in
    [
      NormCase(rows: 3, columns: columns), NormCase(rows: 6, columns: columns, hasGain: false, hasBias: false),
      NormCase(kind: APUS_NORM_RMS, rows: 5, columns: columns, gainOffset: 1, hasBias: false),
      NormCase(kind: APUS_NORM_RMS, rows: 1, columns: columns, hasBias: true),
    ]
  }

  @Test(arguments: instructionSets) func forward(name: String) throws {
    let table = try kernels(name)
    var numbers = TestNumbers(seed: 1)
    for c in Self.cases {
      let (x, gain, bias) = (
        numbers.floats(c.rows * c.columns, in: -1...3), numbers.floats(c.columns), numbers.floats(c.columns)
      )
      var y = x.map { _ in Float.nan }
      var (mean, rstd) = ([Float](repeating: 9, count: c.rows), [Float](repeating: 9, count: c.rows))
      table.norm(
        c.kind, x, c.hasGain ? gain : nil, c.gainOffset, c.hasBias ? bias : nil, c.epsilon, &y, &mean, &rstd, c.rows,
        c.columns)
      #expect(largestError(y, floats(c.reference(doubles(x), doubles(gain), doubles(bias)))) < 3e-6, "\(c)")
      if c.kind == APUS_NORM_RMS { #expect(mean.allSatisfy { $0 == 9 }) }

      let inPlace = FloatBuffer(x)
      table.norm(
        c.kind, inPlace.pointer, c.hasGain ? gain : nil, c.gainOffset, c.hasBias ? bias : nil, c.epsilon,
        inPlace.pointer, nil, nil, c.rows, c.columns)
      #expect(sameBits(inPlace.values, y))
    }
  }

  /// A large mean must not cost the variance its digits.
  @Test(arguments: instructionSets) func farFromZero(name: String) throws {
    var numbers = TestNumbers(seed: 2)
    let c = NormCase(rows: 4, columns: 300, hasGain: false, hasBias: false)
    let x = numbers.floats(c.rows * c.columns, in: 999...1001)
    var y = x
    try kernels(name).norm(c.kind, x, nil, 0, nil, c.epsilon, &y, nil, nil, c.rows, c.columns)
    #expect(largestError(y, floats(c.reference(doubles(x), [], []))) < 1e-4)
  }

  @Test(arguments: instructionSets) func gradients(name: String) throws {
    let table = try kernels(name)
    var numbers = TestNumbers(seed: 3)
    for c in Self.cases where c.columns > 1 && c.columns < 70 {
      let (x, gain, bias) = (numbers.floats(c.rows * c.columns), numbers.floats(c.columns), numbers.floats(c.columns))
      let dy = numbers.floats(x.count)
      var (y, mean, rstd) = (x, [Float](repeating: 0, count: c.rows), [Float](repeating: 0, count: c.rows))
      let gainPointer = c.hasGain ? gain : nil
      table.norm(c.kind, x, gainPointer, c.gainOffset, nil, c.epsilon, &y, &mean, &rstd, c.rows, c.columns)
      let (xd, gd, bd, dyd) = (doubles(x), doubles(gain), doubles(bias), doubles(dy))

      var dx = [Float](repeating: .nan, count: x.count)
      table.norm_backward_input(
        c.kind, x, gainPointer, c.gainOffset, c.kind == APUS_NORM_RMS ? nil : mean, rstd, dy, &dx, false, c.rows,
        c.columns)
      #expect(largestError(dx, floats(numericalGradient(at: xd) { dot(c.reference($0, gd, bd), dyd) })) < 2e-5, "\(c)")
      var added = [Float](repeating: 2, count: x.count)
      table.norm_backward_input(
        c.kind, x, gainPointer, c.gainOffset, mean, rstd, dy, &added, true, c.rows, c.columns)
      #expect(largestError(added, dx.map { $0 + 2 }) < 1e-6)

      var (dgain, dbias) = ([Float](repeating: 1, count: c.columns), [Float](repeating: -1, count: c.columns))
      let half = c.columns / 2
      table.norm_backward_gain(c.kind, x, mean, rstd, dy, &dgain, &dbias, c.rows, c.columns, 0, half)
      table.norm_backward_gain(c.kind, x, mean, rstd, dy, &dgain, &dbias, c.rows, c.columns, half, c.columns)
      var withGain = c
      (withGain.hasGain, withGain.hasBias) = (true, true)
      let expected = numericalGradient(at: gd) { dot(withGain.reference(xd, $0, bd), dyd) }
      #expect(largestError(dgain, floats(expected.map { $0 + 1 })) < 2e-5, "\(c)")
      let expectedBias = numericalGradient(at: bd) { dot(withGain.reference(xd, gd, $0), dyd) }
      #expect(largestError(dbias, floats(expectedBias.map { $0 - 1 })) < 2e-5, "\(c)")

      var whole = ([Float](repeating: 1, count: c.columns), [Float](repeating: -1, count: c.columns))
      table.norm_backward_gain(c.kind, x, mean, rstd, dy, &whole.0, &whole.1, c.rows, c.columns, 0, c.columns)
      #expect(sameBits(whole.0, dgain) && sameBits(whole.1, dbias), "the split of columns must not matter")
    }
  }
}
