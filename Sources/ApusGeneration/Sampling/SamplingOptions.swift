// What a person may ask of sampling, checked, and the chain that does it. The order is that of Hugging Face
// transformers: temperature, then top-k, then top-p.

public import ApusCore

/// How the next token is chosen.
public struct SamplingOptions: Sendable, Equatable {
  /// 0: always the most probable token; 1: the model's own distribution.
  public var temperature: Double
  /// Keep the k most probable tokens; 0: all.
  public var topK: Int
  /// Keep the most probable tokens that together reach this probability; 1: all.
  public var topP: Double
  /// Seed of the draws; nil: another one each time. The same seed gives the same text, whatever the number of threads,
  /// the chunks of the prompt and the company.
  public var seed: UInt64?

  /// The model's own distribution unless told otherwise.
  public init(temperature: Double = 1, topK: Int = 0, topP: Double = 1, seed: UInt64? = nil) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.seed = seed
  }

  /// Always the most probable token.
  public static let greedy = SamplingOptions(temperature: 0)

  /// Whether nothing is drawn.
  public var isGreedy: Bool { temperature == 0 || topK == 1 }

  /// Refuses values without a meaning.
  public func validate() throws(ApusError) {
    guard temperature.isFinite, temperature >= 0, temperature == 0 || (1e-6...1e6).contains(temperature) else {
      throw ApusError(
        .usage, "the temperature is \(temperature)", remedy: "give 0 (always the most probable token) or 1e-6 to 1e6")
    }
    guard topK >= 0 else {
      throw ApusError(.usage, "top-k is \(topK)", remedy: "give the number of tokens to keep, or 0 for all")
    }
    guard topP > 0, topP <= 1 else {
      throw ApusError(.usage, "top-p is \(topP)", remedy: "give a probability above 0, at most 1")
    }
  }

  /// Temperature, then top-k, then top-p; steps that change nothing are left out.
  public var chain: SamplerChain {
    if isGreedy { return SamplerChain([Greedy()]) }
    var steps: [any Sampler] = []
    if temperature != 1 { steps.append(Temperature(temperature)) }
    if topK > 0 { steps.append(TopK(topK)) }
    if topP < 1 { steps.append(TopP(topP)) }
    return SamplerChain(steps)
  }
}
