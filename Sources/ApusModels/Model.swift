// A language model as its users see it: parameters, and what can be asked of a batch. It knows no file (CheckpointFolder
// does), no optimiser and no sampler.

public import ApusCore
public import ApusTensor

/// A decoder with its weights.
///
/// Sendable by this rule: its parameters are written only by the one trainer or loader that owns it at the time; while
/// nobody writes, any number of threads may compute with it, each with a workspace and caches of its own.
public final class Model: Sendable {
  /// What the model is.
  public let specification: Specification
  /// Every learned tensor once, in a fixed order.
  public let parameters: [Parameter]

  let decoder: Decoder
  let architecture: any Architecture

  /// A model with random weights that depend on the seed and the parameters' names alone.
  public convenience init(specification: Specification, seed: UInt64) throws(ApusError) {
    try specification.validate()
    try specification.requireMemory()
    let architecture = try Registry.architecture(named: specification.architecture, file: nil)
    let weights = RandomWeights(specification: specification, seed: seed)
    self.init(Decoder(specification, parameters: weights.parameter), architecture)
  }

  init(_ decoder: Decoder, _ architecture: any Architecture) {
    self.decoder = decoder
    self.architecture = architecture
    specification = decoder.specification
    parameters = decoder.parameters
  }

  /// An empty cache for one sequence.
  public func makeCache() -> KeyValueCache {
    KeyValueCache(
      layers: specification.layers, heads: specification.keyValueHeads, headWidth: specification.headWidth)
  }

  // MARK: - Inference

  /// Packs the weights for products, once, which makes inference faster and training impossible until `unpack()`.
  public func packForInference(in workspace: Workspace) {
    for parameter in parameters where decoder.multiplies(parameter) { parameter.pack(in: workspace) }
  }

  /// Drops the packed weights.
  public func unpack() {
    for parameter in parameters { parameter.unpack() }
  }

  /// The hidden states after the final norm, `[T, D]`, valid until the workspace begins anew.
  ///
  /// `caches` is empty, or has one for each segment, holding what comes before its position; it then holds the segment's
  /// tokens too.
  /// - Throws: `badData` for token ids outside the vocabulary or sequences beyond the context.
  public func hidden(
    _ batch: PackedBatch, caches: [KeyValueCache] = [], in workspace: Workspace
  ) throws(ApusError) -> Variable {
    try batch.validate(vocabulary: specification.vocabulary, context: specification.context)
    workspace.begin(batch, recording: false, caches: caches)
    let hidden = decoder.hidden(in: workspace)
    for (segment, cache) in zip(batch.segments, caches) { cache.advance(by: segment.count) }
    return hidden
  }

  /// The logits of some rows of `hidden`, `[rows, V]`, valid until the workspace begins anew.
  public func logits(_ hidden: Variable, rows: Range<Int>? = nil, in workspace: Workspace) -> Tensor {
    workspace.linear(workspace.rows(rows ?? 0..<hidden.value.rows, of: hidden), weight: decoder.output).value
  }

  // MARK: - Losses

  /// The loss in nats of each row: −log P(target), 0 where the target is ignored.
  /// - Throws: `badData` for ids outside the vocabulary or sequences beyond the context.
  public func evaluationLoss(_ batch: PackedBatch, in workspace: Workspace) throws(ApusError) -> [Float] {
    try requireTargets(batch)
    return workspace.tokenLosses(try hidden(batch, in: workspace), weight: decoder.output)
  }

  /// The sum of the rows' losses in nats; adds the gradients of `scale` times that sum to the parameters'.
  ///
  /// A step in micro-batches passes the same scale, 1 / valid targets of the whole step, to each, and the sum of the earlier
  /// ones: added token by token, it has the bits of the undivided step's.
  /// - Throws: `badData` for ids outside the vocabulary or sequences beyond the context.
  public func trainingLoss(
    _ batch: PackedBatch, in workspace: Workspace, scale: Float, dropout: DropoutSettings? = nil,
    addingTo earlier: Double = 0
  ) throws(ApusError) -> Double {
    try requireTargets(batch)
    try batch.validate(vocabulary: specification.vocabulary, context: specification.context)
    workspace.begin(batch, recording: true, dropout: dropout)
    return workspace.backwardFromLoss(
      decoder.hidden(in: workspace), weight: decoder.output, scale: scale, addingTo: earlier)
  }

  /// Forgets all gradients.
  public func zeroGradients() {
    for parameter in parameters { parameter.zeroGradient() }
  }

  private func requireTargets(_ batch: PackedBatch) throws(ApusError) {
    if batch.targets.count != batch.tokens.count {
      throw ApusError(.badData, "\(batch.targets.count) targets for \(batch.tokens.count) tokens")
    }
  }
}
