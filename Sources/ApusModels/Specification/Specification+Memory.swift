// What a model takes in memory, estimated before any of it is asked for: the one place where a configuration, a file or
// a flag that is too large for this machine is refused. The estimates are what cannot be avoided, so nothing that would
// have fitted is refused; what else the process holds is not counted. It makes nothing.

public import ApusCore
import ApusTensor

/// What is to be done with a model, as far as its memory is concerned.
public enum MemoryUse: Sendable, Equatable {
  /// To hold the weights.
  case weights
  /// To train it, on `tokens` at a time of the `stepTokens` of a step.
  case training(tokens: Int, stepTokens: Int)
  /// To compute `tokens` at a time, the logits of `logits` of them, with the keys and values of `cached` positions
  /// kept. The weights may be of any type and lie in a file's own memory, so they are not counted.
  case inference(tokens: Int, logits: Int, cached: Int)
}

extension Specification {
  /// Checks that this machine has the memory for a use; call it after `validate`.
  /// - Throws: an error of the given kind that names the bytes and the remedy.
  public func requireMemory(
    for use: MemoryUse, _ kind: ApusError.Kind = .usage, file: String? = nil, remedy: String
  ) throws(ApusError) {
    let (needed, present) = (bytes(for: use), Double(Platform.machineMemory))
    guard present > 0, needed > present else { return }
    func gibibytes(_ bytes: Double) -> String { "\((bytes / Double(1 << 30) * 10).rounded() / 10) GiB" }
    let problem = "\(describe(use)) takes at least \(gibibytes(needed))"
    throw ApusError(
      kind, "\(problem), and this machine has \(gibibytes(present)) of memory", file: file, remedy: remedy)
  }

  /// The bytes that a use takes at least. In floating point, because what is asked for may be absurd.
  public func bytes(for use: MemoryUse) -> Double {
    switch use {
    case .weights: return 4 * Double(parameterCount)
    case .training(let tokens, let stepTokens):
      // A gradient and two moments for each weight; ids and targets of the step, and of the batch at hand.
      let ids = 8 * Double(stepTokens) + 20 * Double(tokens)
      return 16 * Double(parameterCount) + ids + 4 * (Double(tokens) * trainingFloats + logitFloats(tokens))
    case .inference(let tokens, let logits, let cached):
      let positions = (Double(cached) / 64).rounded(.up) * 64
      let cache = positions * Double(layers) * 2 * Double(keyValueHeads * headWidth)
      return 4 * (inferenceFloats(tokens, logits) + cache)
    }
  }

  private func describe(_ use: MemoryUse) -> String {
    switch use {
    case .weights: "holding the weights"
    case .training(let tokens, _): "training \(parameterCount) parameters on \(tokens) tokens at once"
    case .inference(let tokens, _, 0): "computing \(tokens) tokens at once"
    case .inference(_, _, let cached): "keeping the keys and values of \(cached) tokens"
    }
  }

  // Floats for each token with a tape: what every layer keeps, the embedding and the last norm, and the gradients at
  // the feed-forward of one layer.
  private var trainingFloats: Double {
    let layer = halfFloats + 2 * Double(width) + innerFloats(withTape: true)
    return Double(layers) * layer + 2 * Double(width) + 2 * Double(width) + Double(feedForwardFloats)
  }

  // Floats without a tape: the residual stream, and what one layer makes on the way or, in its place, the last norm and
  // the logits.
  private func inferenceFloats(_ tokens: Int, _ logits: Int) -> Double {
    let stream = Double(tokens) * Double(width)
    let layer = Double(tokens) * (halfFloats + 2 * Double(width) + innerFloats(withTape: false))
    return stream + max(layer, stream + Double(logits) * Double(vocabulary))
  }

  // Attention's input, fused queries, keys and values, and mixture; the feed-forward's input.
  private var halfFloats: Double {
    2 * Double(width) + Double((2 * heads + 2 * keyValueHeads) * headWidth)
  }

  // Between the feed-forward's projections; a plain one keeps what its activation read where there is a tape.
  private func innerFloats(withTape: Bool) -> Double {
    if case .gated = feedForward { return 3 * Double(feedForwardFloats) }
    return (withTape ? 2 : 1) * Double(feedForwardFloats)
  }

  private var feedForwardFloats: Int {
    experts.map { min(feedForwardWidth, $0.perToken * $0.width) } ?? feedForwardWidth
  }

  // The loss holds the logits of some tokens at a time.
  private func logitFloats(_ tokens: Int) -> Double {
    min(Double(tokens), 16) * Double(vocabulary)
  }
}
