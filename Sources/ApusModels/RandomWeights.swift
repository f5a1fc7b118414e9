// Random weights in the manner of GPT-2 (Radford et al. 2019): normal with a small deviation, projections into the
// residual stream smaller by the root of their number, norm gains 1, biases 0. Each parameter draws from a stream of
// its own, named by its name, so that neither order nor the presence of others matters.

import ApusCore
import ApusTensor

/// Fills parameters for a model that has yet to learn.
struct RandomWeights {
  let specification: Specification
  let seed: UInt64

  func parameter(_ shape: ParameterShape) -> Parameter {
    let value = Tensor(rows: shape.rows, columns: shape.columns)
    if shape.isMatrix {
      var generator = Philox(seed: seed).stream(Self.hash(shape.name))
      let deviation = self.deviation(shape.name)
      fillNormal(value, deviation: deviation, using: &generator)
    } else if shape.name.hasSuffix(".gain") {
      value.fill(Float(1 - specification.normGainOffset))
    }
    return Parameter(name: shape.name, value: value, decays: shape.isMatrix)
  }

  private func deviation(_ name: String) -> Double {
    let entersResidual = name.hasSuffix("attention.output.weight") || name.hasSuffix(".down.weight")
    let base = specification.initialDeviation
    return entersResidual ? base / Double(2 * specification.layers).squareRoot() : base
  }

  // Box and Muller's pairs, in double.
  private func fillNormal(_ tensor: Tensor, deviation: Double, using generator: inout PhiloxStream) {
    tensor.withMutableValues { values in
      for index in stride(from: 0, to: values.count, by: 2) {
        // In (0, 1], so that the logarithm is finite.
        let first = 1 - generator.uniform()
        let second = generator.uniform()
        let radius = deviation * (-2 * Double.log(first)).squareRoot()
        values[index] = Float(radius * Double.cos(2 * .pi * second))
        if index + 1 < values.count { values[index + 1] = Float(radius * Double.sin(2 * .pi * second)) }
      }
    }
  }

  // FNV-1a over the name's bytes.
  private static func hash(_ name: String) -> UInt64 {
    name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
