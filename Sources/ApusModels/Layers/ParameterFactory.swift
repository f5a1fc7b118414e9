// Makes the parameters of a body by name and shape, and remembers them in the order in which they were asked for. Where
// their values come from, random numbers or a file, is `make`'s affair.

import ApusTensor

/// A parameter's name and shape, before it has values.
struct ParameterShape: Sendable {
  let name: String
  let rows: Int
  let columns: Int
  let isMatrix: Bool

  init(_ name: String, _ rows: Int, _ columns: Int) {
    self.name = name
    self.rows = rows
    self.columns = columns
    isMatrix = true
  }

  init(_ name: String, _ count: Int) {
    self.name = name
    rows = 1
    columns = count
    isMatrix = false
  }
}

/// Makes parameters for one specification.
final class ParameterFactory {
  let specification: Specification
  /// Everything made so far.
  private(set) var parameters: [Parameter] = []
  /// The weights that activations are multiplied by, as opposed to gathered from or added.
  private(set) var multiplied: [Parameter] = []

  private let make: (ParameterShape) -> Parameter

  init(_ specification: Specification, _ make: @escaping (ParameterShape) -> Parameter) {
    self.specification = specification
    self.make = make
  }

  func matrix(_ name: String, _ rows: Int, _ columns: Int) -> Parameter {
    remember(ParameterShape(name, rows, columns))
  }

  func vector(_ name: String, _ count: Int) -> Parameter {
    remember(ParameterShape(name, count))
  }

  /// A weight `[rows, columns]` and perhaps a bias.
  func projection(_ name: String, _ rows: Int, _ columns: Int, bias: Bool) -> Projection {
    let weight = matrix("\(name).weight", rows, columns)
    multiplied.append(weight)
    return Projection(weight: weight, bias: bias ? vector("\(name).bias", rows) : nil)
  }

  /// A norm of the specification's kind over `width` features.
  func norm(_ name: String, width: Int? = nil) -> NormWeights {
    let spec = specification
    let width = width ?? spec.width
    return NormWeights(
      kind: spec.norm, gain: vector("\(name).gain", width),
      bias: spec.biases.norms ? vector("\(name).bias", width) : nil,
      gainOffset: Float(spec.normGainOffset), epsilon: Float(spec.normEpsilon))
  }

  /// The norms of one half of a block, where the specification places them.
  func norms(_ name: String, sharing shared: NormWeights? = nil) -> SublayerNorms {
    let placement = specification.normPlacement
    var norms = SublayerNorms()
    if placement == .before || placement == .around { norms.input = shared ?? norm("\(name).norm") }
    if placement == .after || placement == .around { norms.output = norm("\(name).outputNorm") }
    if placement == .residual { norms.residual = norm("\(name).residualNorm") }
    return norms
  }

  /// The tables that tokens, positions and types are looked up in.
  func embedding(types: Int = 0) -> EmbeddingTables {
    let spec = specification
    var tables = EmbeddingTables(
      tokens: matrix("embedding.tokens", spec.vocabulary, spec.width), scale: Float(spec.embeddingScale))
    if case .learned(let offset) = spec.positions {
      tables.positions = matrix("embedding.positions", spec.context + offset, spec.width)
      tables.firstPosition = offset
    }
    if case .sinusoidal = spec.positions {
      tables.positions = Parameter(name: "embedding.positions", value: Sinusoids.table(spec), decays: false)
      tables.learnsPositions = false
    }
    if types > 0 { tables.types = matrix("embedding.types", types, spec.width) }
    return tables
  }

  /// The projection to the vocabulary: of its own, or the embedding's.
  func output(tiedTo tokens: Parameter) -> OutputProjection {
    let spec = specification
    let weight = spec.tiedOutput ? tokens : matrix("output", spec.vocabulary, spec.width)
    multiplied.append(weight)
    return OutputProjection(
      weight: weight, bias: spec.biases.output ? vector("output.bias", spec.vocabulary) : nil,
      softCap: Float(spec.outputSoftCap))
  }

  private func remember(_ shape: ParameterShape) -> Parameter {
    let parameter = make(shape)
    parameters.append(parameter)
    return parameter
  }
}
