// What one must know of a law before one believes a number of it: where it stands, which parameters its N counts, what
// its loss is measured in, and on what it was fitted. It knows no formula.

import ApusCore

/// Which parameters a law's N counts. The choice changes the answer for small models more than the fit does: the same
/// runs give exponents from 0.37 to 0.70 under three of them.
public enum ParameterCount: String, Sendable, CaseIterable {
  /// Matrices and norms of the layers, without the table of embeddings and without the output projection.
  case nonEmbedding = "non-embedding"
  /// All matrices that multiply: the layers' and the output projection, not the table that is only looked up.
  case matricesAndHead = "matrices + head"
  /// Everything that is stored.
  case all
  /// A sixth of the operations that a token costs in training without embeddings, attention over the context included.
  case flops = "non-emb. FLOPs/6"
  /// All experts' parameters without embeddings; a token uses a part of them.
  case totalWithExperts = "experts, non-emb."
}

/// The runs on which a law was fitted, by extent; nil where the source does not say.
public struct FittedRange: Sendable, Equatable {
  /// The numbers of parameters.
  public var parameters: ClosedRange<Double>?
  /// The numbers of tokens.
  public var tokens: ClosedRange<Double>?
  /// The budgets, in FLOPs.
  public var compute: ClosedRange<Double>?

  /// States a range.
  public init(
    parameters: ClosedRange<Double>? = nil, tokens: ClosedRange<Double>? = nil, compute: ClosedRange<Double>? = nil
  ) {
    self.parameters = parameters
    self.tokens = tokens
    self.compute = compute
  }

  /// How many times outside the range each quantity lies, as sentences; none where all lie inside.
  public func warnings(parameters: Double, tokens: Double, compute: Double) -> [String] {
    [
      Self.warning("N", parameters, self.parameters, "parameters"), Self.warning("D", tokens, self.tokens, "tokens"),
      Self.warning("C", compute, self.compute, "FLOPs"),
    ].compactMap(\.self)
  }

  /// The greatest factor by which one of them lies outside; 1 inside.
  public func extrapolation(parameters: Double, tokens: Double, compute: Double) -> Double {
    [(parameters, self.parameters), (tokens, self.tokens), (compute, self.compute)].map { value, range in
      range.map { max(1, value / $0.upperBound, $0.lowerBound / value) } ?? 1
    }.max() ?? 1
  }

  private static func warning(
    _ symbol: String, _ value: Double, _ range: ClosedRange<Double>?, _ unit: String
  ) -> String? {
    guard let range, !range.contains(value) else { return nil }
    let isAbove = value > range.upperBound
    let bound = isAbove ? range.upperBound : range.lowerBound
    let factor = isAbove ? value / bound : bound / value
    let times = NumberText.fixed(factor, factor < 9.95 ? 1 : 0)
    let number = unit == "FLOPs" ? FormulaText.compute : NumberText.short
    return "\(symbol) = \(number(value)) is \(times) times \(isAbove ? "above" : "below") "
      + "what was fitted (\(isAbove ? "up to" : "from") \(number(bound)) \(unit))"
  }
}

/// A law's description.
public struct LawCard: Sendable, Equatable {
  /// The name by which commands call it.
  public var id: String
  /// What people call it.
  public var name: String
  /// Paper and place.
  public var source: String
  /// Which of several sets of constants these are.
  public var edition: String
  /// Which parameters N counts.
  public var counts: ParameterCount
  /// What the loss is measured in, with tokenizer and text: losses of laws with different ones cannot be compared.
  public var lossUnit: String
  /// The unit alone.
  public var unit: LossUnit
  /// What it was fitted on.
  public var fitted: FittedRange
  /// What a user must know besides.
  public var notes: [String]
  /// What keeps its N or D from standing beside other laws'; nil where nothing does.
  public var remark: String?

  /// Describes a law.
  public init(
    id: String, name: String, source: String, edition: String, counts: ParameterCount, lossUnit: String,
    unit: LossUnit = .natsPerToken, fitted: FittedRange, notes: [String] = [], remark: String? = nil
  ) {
    self.id = id
    self.name = name
    self.source = source
    self.edition = edition
    self.counts = counts
    self.lossUnit = lossUnit
    self.unit = unit
    self.fitted = fitted
    self.notes = notes
    self.remark = remark
  }
}
