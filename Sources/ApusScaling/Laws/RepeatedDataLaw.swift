// How much repeated text is worth: Muennighoff et al. 2023, arXiv:2305.16264. Tokens read again, and parameters beyond
// what the different tokens can feed, count for less and less; the law then is Chinchilla's with what they count for.

import ApusCore

/// L = E + A / N'^α + B / D'^β, where D' = U (1 + R* (1 − exp(−R/R*))) for R repetitions of U different tokens, and N'
/// likewise for parameters beyond the best size for U.
public struct RepeatedDataLaw: LossLaw, Equatable {
  /// The law for tokens that are all different.
  public var base: ParametricLaw
  /// R_D*: about how many repetitions are worth anything.
  public var dataRepetitions: Double
  /// R_N*: the same for parameters.
  public var sizeRepetitions: Double

  /// Where it stands.
  public var card: LawCard { base.card }

  /// Makes a law.
  public init(base: ParametricLaw, dataRepetitions: Double, sizeRepetitions: Double) {
    self.base = base
    self.dataRepetitions = dataRepetitions
    self.sizeRepetitions = sizeRepetitions
  }

  /// The best use of `compute` FLOPs where every token is new.
  public func optimum(compute: Double) -> Allocation { base.optimum(compute: compute) }

  /// The loss where every token is new.
  public func loss(parameters: Double, tokens: Double) -> Double { base.loss(parameters: parameters, tokens: tokens) }

  /// How many different tokens `tokens` are worth, read from `unique` ones over and over.
  public func effectiveTokens(_ tokens: Double, unique: Double) -> Double {
    guard tokens > unique else { return tokens }
    return Self.discounted(unique, excess: tokens / unique - 1, by: dataRepetitions)
  }

  /// How many parameters `parameters` are worth where only `unique` tokens feed them.
  public func effectiveParameters(_ parameters: Double, unique: Double) -> Double {
    // The size for which the unique tokens would be the best number of tokens.
    let fed = base.balance * Double.pow(unique * base.balance, base.sizeGrowth / (1 - base.sizeGrowth))
    guard parameters > fed else { return parameters }
    return Self.discounted(fed, excess: parameters / fed - 1, by: sizeRepetitions)
  }

  /// The loss of `parameters` trained on `tokens`, of which only `unique` differ, in the card's unit.
  public func loss(parameters: Double, tokens: Double, unique: Double) -> Double {
    let fresh = min(unique, tokens)
    return base.loss(
      parameters: effectiveParameters(parameters, unique: fresh), tokens: effectiveTokens(tokens, unique: fresh))
  }

  /// The best use of `compute` FLOPs where only `unique` tokens differ.
  public func optimum(compute: Double, unique: Double) -> Allocation {
    let free = base.optimum(compute: compute)
    if free.tokens <= unique { return free }
    // Between the smallest model that the budget's repetitions could serve and the largest that reads the text once.
    let once = Double.log(max(free.parameters, compute / 6 / unique))
    let found = LineSearch.minimum(in: (Double.log(free.parameters) - 8)...(once + 2)) { size in
      let parameters = Double.exp(size)
      return loss(parameters: parameters, tokens: compute / 6 / parameters, unique: unique)
    }
    let parameters = Double.exp(found)
    return Allocation(parameters: parameters, tokens: compute / 6 / parameters)
  }

  /// The formula with its numbers, for different tokens.
  public func explanation(compute: Double) -> [String] { base.explanation(compute: compute) }

  /// The formula with its numbers where `unique` tokens are read over and over.
  public func explanation(_ allocation: Allocation, unique: Double) -> [String] {
    let (size, tokens) = (allocation.parameters, allocation.tokens)
    let repetitions = max(0, tokens / unique - 1)
    let worth = effectiveTokens(tokens, unique: unique)
    let loss = loss(parameters: size, tokens: tokens, unique: unique)
    let (n, short) = (FormulaText.number, NumberText.short)
    return [
      "R = D/U − 1 = \(short(tokens))/\(short(unique)) − 1 = \(n(repetitions)) repetitions",
      "D' = U (1 + R*(1 − exp(−R/R*))) with R* = \(n(dataRepetitions)): \(short(worth)) different tokens' worth",
      "N' = \(short(effectiveParameters(size, unique: min(unique, tokens)))) of \(short(size)) parameters "
        + "(R_N* = \(n(sizeRepetitions)))",
      "L = E + A/N'^α + B/D'^β = \(NumberText.fixed(loss, 4)) \(card.unit.words)",
    ]
  }

  private static func discounted(_ fresh: Double, excess: Double, by worth: Double) -> Double {
    fresh * (1 + worth * (1 - Double.exp(-excess / worth)))
  }
}
