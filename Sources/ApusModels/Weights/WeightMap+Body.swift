// Joins a body's parameters with the names and row orders of a kind of checkpoint.

import ApusTensor

extension WeightMap {
  /// The tensors of `body` under the names of a kind of checkpoint.
  init(_ body: any Body, _ names: TensorNames) {
    optionalPrefix = names.optionalPrefix
    ignoredPrefixes = names.ignoredPrefixes
    ignoredEndings = names.ignoredEndings
    var builder = WeightMapBuilder(specification: body.specification, names: names, map: self)
    if let encoder = body as? Encoder { builder.add(encoder) }
    if let decoder = body as? Decoder { builder.add(decoder) }
    self = builder.map
  }
}

private struct WeightMapBuilder {
  let specification: Specification
  let names: TensorNames
  var map: WeightMap

  mutating func add(_ decoder: Decoder) {
    add(decoder.embedding)
    for (layer, block) in decoder.blocks.enumerated() { add(block, layer) }
    if let name = names.finalNorm, let norm = decoder.finalNorm { add(name, norm) }
    add(decoder.projection)
  }

  mutating func add(_ encoder: Encoder) {
    add(encoder.embedding)
    guard let extra = names.encoder else { return }
    if let types = encoder.embedding.types { map.matrix("\(extra.types).weight", types) }
    add(extra.embeddingNorm, encoder.embeddingNorm)
    for (layer, block) in encoder.blocks.enumerated() { add(block, layer) }
    if let head = encoder.head, let names = extra.head {
      add(names.dense, head.dense)
      add(names.norm, head.norm)
      if let output = encoder.output { add(output) }
    }
    if let pooler = encoder.pooler, let name = extra.pooler { add(name, pooler) }
  }

  private mutating func add(_ tables: EmbeddingTables) {
    map.matrix("\(names.tokens).weight", tables.tokens)
    guard let name = names.positions, let positions = tables.positions else { return }
    guard names.omitsUnusedPositions, case .learned(let first) = specification.positions else {
      return map.matrix("\(name).weight", positions)
    }
    map.matrix("\(name).weight", positions, rows: .range(first..<positions.rows))
  }

  private mutating func add(_ output: OutputProjection) {
    if specification.tiedOutput {
      map.copies = Set(names.copies + ["\(names.output).weight"])
    } else {
      map.matrix("\(names.output).weight", output.weight)
    }
    map.vector(names.outputBias ?? "\(names.output).bias", output.bias)
  }

  // MARK: - Blocks

  private mutating func add(_ block: Block, _ layer: Int) {
    let prefix = names.block.numbered(layer)
    add(prefix, names.attentionNorms, block.attention.norms)
    add(prefix, block.attention)
    // A shared norm is the attention's.
    var norms = block.feedForward.norms
    if specification.parallel == .sharedNorm { norms.input = nil }
    add(prefix, names.feedForwardNorms, norms)
    switch block.feedForward.kind {
    case .dense(let dense): add(prefix, names.feedForward, dense, width: specification.feedForwardWidth)
    case .experts(let experts): if let names = names.experts { add(prefix, names, experts) }
    }
  }

  private mutating func add(_ prefix: String, _ names: TensorNames.NormNames, _ norms: SublayerNorms) {
    for (name, norm) in [(names.input, norms.input), (names.output, norms.output), (names.residual, norms.residual)] {
      if let name, let norm { add("\(prefix).\(name)", norm) }
    }
  }

  private mutating func add(_ prefix: String, _ attention: SelfAttention) {
    let (names, layout) = (names.attention, RowOrder(specification, interleaved: names.attention.interleavesRotation))
    let fused = attention.queriesKeysValues
    switch names.layout {
    case .separate(let query, let key, let value):
      add("\(prefix).\(query)", fused, rows: layout.queries)
      add("\(prefix).\(key)", fused, rows: layout.keys)
      add("\(prefix).\(value)", fused, rows: layout.values)
    case .fused(let name): add("\(prefix).\(name)", fused, rows: layout.inOrder)
    case .byGroup(let name): add("\(prefix).\(name)", fused, rows: layout.byGroup)
    }
    add("\(prefix).\(names.output)", attention.output)
    if let norms = attention.queryKeyNorm, let query = names.queryNorm, let key = names.keyNorm {
      add("\(prefix).\(query)", norms.query)
      add("\(prefix).\(key)", norms.key)
    }
  }

  private mutating func add(
    _ prefix: String, _ names: TensorNames.FeedForwardNames, _ layer: DenseFeedForward, width: Int
  ) {
    if let gate = names.gate {
      add("\(prefix).\(gate)", layer.up, rows: .range(0..<width))
      add("\(prefix).\(names.up)", layer.up, rows: .range(width..<2 * width))
    } else {
      add("\(prefix).\(names.up)", layer.up)
    }
    add("\(prefix).\(names.down)", layer.down)
  }

  private mutating func add(_ prefix: String, _ names: TensorNames.ExpertNames, _ layer: ExpertsLayer) {
    let width = layer.choices.width
    map.matrix("\(prefix).\(names.router).weight", layer.router)
    if names.each.isStacked {
      add(prefix, names.each, stacked: layer.experts, width: width)
    } else {
      for (index, expert) in layer.experts.enumerated() {
        add(prefix, names.each.numbered(index), expert, width: width)
      }
    }
    guard let shared = layer.shared, let sharedNames = names.shared, let gate = names.sharedGate else { return }
    add(prefix, sharedNames, shared.feedForward, width: layer.choices.sharedWidth)
    map.matrix("\(prefix).\(gate).weight", shared.gate)
  }

  private mutating func add(
    _ prefix: String, _ names: TensorNames.FeedForwardNames, stacked experts: [DenseFeedForward], width: Int
  ) {
    let parts: [(name: String?, rows: Range<Int>, isDown: Bool)] = [
      (names.gate, 0..<width, false), (names.up, width..<2 * width, false), (names.down, 0..<specification.width, true),
    ]
    for (name, rows, isDown) in parts {
      guard let name else { continue }
      for (index, expert) in experts.enumerated() {
        map.plane(
          "\(prefix).\(name).weight", isDown ? expert.down.weight : expert.up.weight, rows: rows, index: index,
          of: experts.count)
      }
    }
  }

  // MARK: - Parts

  private mutating func add(_ name: String, _ projection: Projection, rows: WeightMap.Rows? = nil) {
    map.matrix("\(name).weight", projection.weight, rows: rows, isTransposed: names.isTransposed)
    map.vector(
      "\(name).bias", projection.bias, rows: rows,
      zeros: names.writesZeroBiases ? rows?.count ?? projection.weight.rows : nil)
  }

  private mutating func add(_ name: String, _ norm: NormWeights) {
    map.vector("\(name).weight", norm.gain, offset: names.gainOffset)
    map.vector("\(name).bias", norm.bias, zeros: names.writesZeroBiases ? norm.gain.columns : nil)
  }
}

/// The rows of fused queries, keys and values in the orders that files have.
private struct RowOrder {
  private let heads: Int
  private let groups: Int
  private let width: Int
  private let isInterleaved: Bool

  init(_ specification: Specification, interleaved: Bool) {
    heads = specification.heads
    groups = specification.keyValueHeads
    width = specification.headWidth
    isInterleaved = interleaved
  }

  var queries: WeightMap.Rows { rotated(0..<heads * width) }
  var keys: WeightMap.Rows { rotated(heads * width..<(heads + groups) * width) }
  var values: WeightMap.Rows { .range((heads + groups) * width..<(heads + 2 * groups) * width) }
  var inOrder: WeightMap.Rows { .range(0..<(heads + 2 * groups) * width) }

  /// For each key-value head: its queries, its key, its value.
  var byGroup: WeightMap.Rows {
    let queriesPerGroup = heads / groups
    var rows: [Int] = []
    for group in 0..<groups {
      for query in group * queriesPerGroup..<(group + 1) * queriesPerGroup { rows += head(query) }
      rows += head(heads + group)
      rows += head(heads + groups + group)
    }
    return .list(rows)
  }

  private func head(_ index: Int) -> Range<Int> { index * width..<(index + 1) * width }

  // Files for rotation of neighbours have rows i and i + half of a head as neighbours.
  private func rotated(_ rows: Range<Int>) -> WeightMap.Rows {
    guard isInterleaved else { return .range(rows) }
    return .list(
      rows.map { row in
        let (head, place) = row.quotientAndRemainder(dividingBy: width)
        return head * width + place / 2 + place % 2 * (width / 2)
      })
  }
}
