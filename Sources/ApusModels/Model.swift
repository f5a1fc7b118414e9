// A language model as its users see it: parameters, and what can be asked of a batch. It knows no file
// (CheckpointFolder does), no optimiser and no sampler.

public import ApusCore
public import ApusTensor

/// A decoder or an encoder with its weights.
///
/// Sendable by this rule: its parameters are written only by the one trainer or loader that owns it at the time; while
/// nobody writes, any number of threads may compute with it, each with a workspace and caches of its own.
public final class Model: Sendable {
  /// What the model is.
  public let specification: Specification
  /// Every learned tensor once, in a fixed order.
  public let parameters: [Parameter]

  let body: any Body
  let architecture: any Architecture

  /// A model with random weights that depend on the seed and the parameters' names alone.
  public convenience init(specification: Specification, seed: UInt64) throws(ApusError) {
    try specification.validate()
    try specification.requireMemory(for: .weights, .badData, remedy: "choose a smaller model or a larger machine")
    let architecture = try Registry.architecture(named: specification.architecture, file: nil)
    let weights = RandomWeights(specification: specification, seed: seed)
    self.init(Self.body(specification, parameters: weights.parameter), architecture)
  }

  init(_ body: any Body, _ architecture: any Architecture) {
    self.body = body
    self.architecture = architecture
    specification = body.specification
    parameters = body.parameters
  }

  static func body(
    _ specification: Specification, parameters make: @escaping (ParameterShape) -> Parameter
  ) -> any Body {
    let factory = ParameterFactory(specification, make)
    if let encoder = specification.encoder { return Encoder(factory, encoder) }
    return Decoder(factory)
  }

  /// An empty cache for one sequence of up to `declaredLength` tokens; rotations that depend on it need it, so that all
  /// of the sequence turns alike.
  public func makeCache(declaredLength: Int? = nil) -> KeyValueCache {
    KeyValueCache(
      layers: specification.layers, heads: specification.keyValueHeads, headWidth: specification.headWidth,
      declaredLength: declaredLength)
  }

  /// Forgets all gradients.
  public func zeroGradients() {
    for parameter in parameters { parameter.zeroGradient() }
  }
}

// MARK: - Inference

extension Model {
  /// Lays the weights out for products and lets the masters go, which makes inference faster and training impossible
  /// until `unpack`. What was loaded for inference is as it should be.
  public func packForInference(in workspace: Workspace) {
    for parameter in body.multiplied { parameter.pack(in: workspace) }
  }

  /// Makes masters of all weights, whatever form they have, so that training can change them.
  public func unpack(_ kernels: Kernels) {
    for parameter in parameters { parameter.unpack(kernels) }
  }

  /// The last hidden states, `[T, D]`, valid until the workspace begins anew.
  ///
  /// `caches` is empty, or has one for each segment, holding what comes before its position; it then holds the
  /// segment's tokens too. `showing` is given the input of the first block and what each block gives, `[T, D]` each.
  /// - Throws: `badData` for token ids outside the vocabulary or sequences beyond the context.
  public func hidden(
    _ batch: PackedBatch, caches: [KeyValueCache] = [], in workspace: Workspace,
    showing: ((_ blocks: Int, _ values: Tensor) -> Void)? = nil
  ) throws(ApusError) -> Variable {
    try validate(batch)
    workspace.begin(batch, recording: false, caches: caches)
    let hidden = body.hidden(in: workspace, showing: showing)
    try workspace.requireWholePass()
    for (segment, cache) in zip(batch.segments, caches) { cache.advance(by: segment.count) }
    return hidden
  }

  /// The logits of some rows of `hidden`, `[rows, V]`, valid until the workspace begins anew.
  /// - Throws: `badData` where the model has no projection to the vocabulary.
  public func logits(_ hidden: Variable, rows: Range<Int>? = nil, in workspace: Workspace) throws(ApusError) -> Tensor {
    let output = try requireOutput()
    let rows = workspace.rows(rows ?? 0..<hidden.value.rows, of: hidden)
    return workspace.logits(body.outputInput(rows, in: workspace), output)
  }

  func validate(_ batch: PackedBatch) throws(ApusError) {
    try batch.validate(
      vocabulary: specification.vocabulary, context: specification.longestSequence,
      types: specification.encoder?.tokenTypes ?? 0)
  }

  func requireOutput() throws(ApusError) -> OutputProjection {
    if let output = body.output { return output }
    throw ApusError(
      .badData, "the model has no projection to the vocabulary, only hidden states",
      remedy: "use a checkpoint with a language-model head, or ask for embeddings")
  }
}

// MARK: - Losses

extension Model {
  /// The loss in nats of each row: −log P(target), 0 where the target is ignored.
  /// - Throws: `badData` for ids outside the vocabulary or sequences beyond the context.
  public func evaluationLoss(_ batch: PackedBatch, in workspace: Workspace) throws(ApusError) -> [Float] {
    try evaluation(batch, in: workspace).losses
  }

  /// The loss in nats of each row, and in how many rows no token was more probable than the target.
  /// - Throws: `badData` for ids outside the vocabulary or sequences beyond the context.
  public func evaluation(
    _ batch: PackedBatch, in workspace: Workspace
  ) throws(ApusError) -> (losses: [Float], hits: Int) {
    try requireTargets(batch)
    let output = try requireOutput()
    let hidden = try hidden(batch, in: workspace)
    let scored = workspace.tokenLosses(body.outputInput(hidden, in: workspace), output)
    try workspace.requireWholePass()
    return scored
  }

  /// The sum of the rows' losses in nats; adds the gradients of `scale` times that sum to the parameters'.
  ///
  /// With experts the gradients are those of `share` times their load-balancing loss too, which
  /// `workspace.loadBalancingLoss()` tells. A step in micro-batches passes the same scale, 1 / valid targets of the
  /// whole step, to each, and the sum of the earlier ones: added token by token, it has the bits of the undivided
  /// step's. It passes each one's share of the step too; the experts are then balanced within each micro-batch.
  /// - Throws: `badData` for ids outside the vocabulary or sequences beyond the context, `usage` for a model without
  ///   masters.
  public func trainingLoss(
    _ batch: PackedBatch, in workspace: Workspace, scale: Float, dropout: DropoutSettings? = nil,
    share: Float = 1, addingTo earlier: Double = 0
  ) throws(ApusError) -> Double {
    try requireTargets(batch)
    try requireMasters()
    try validate(batch)
    let output = try requireOutput()
    let balancing = specification.experts.map { Float($0.balancing) * share }
    workspace.begin(batch, recording: true, dropout: dropout, loadBalancing: balancing)
    let hidden = body.hidden(in: workspace, showing: nil)
    let loss = workspace.backwardFromLoss(
      body.outputInput(hidden, in: workspace), output, scale: scale, addingTo: earlier)
    try workspace.requireWholePass()
    return loss
  }

  private func requireMasters() throws(ApusError) {
    if let parameter = parameters.first(where: { !$0.hasMaster }) {
      throw ApusError(
        .usage, "the model was loaded for inference or packed, so `\(parameter.name)` cannot be trained",
        remedy: "load it for training, or call `unpack`")
    }
  }

  private func requireTargets(_ batch: PackedBatch) throws(ApusError) {
    if batch.targets.count != batch.tokens.count {
      throw ApusError(.badData, "\(batch.targets.count) targets for \(batch.tokens.count) tokens")
    }
  }
}
