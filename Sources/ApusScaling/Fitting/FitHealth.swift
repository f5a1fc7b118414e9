// Whether a fit can be trusted, in plain words: what the runs span, whether they tell the constants apart, what single
// runs do to it, and whether it foretells the largest ones. Where runs cannot identify what was asked, it says
// "ill-posed", which quantity, and which runs are missing.

public import ApusCore

/// The health of a parametric fit.
public struct FitHealth: Sendable {
  /// The whole in a word.
  public enum Verdict: String, Sendable, Comparable {
    /// Nothing speaks against the fit.
    case sound
    /// The fit holds, and something about it asks for care.
    case doubtful
    /// The runs do not identify what was asked: intervals mean nothing.
    case illPosed = "ill-posed"

    private var rank: Int { self == .sound ? 0 : self == .doubtful ? 1 : 2 }

    /// Worse verdicts are greater.
    public static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }
  }

  /// A sentence and how much it weighs.
  public struct Finding: Sendable, Equatable {
    /// The verdict that this alone would give; `sound` for plain facts.
    public let weight: Verdict
    /// The sentence.
    public let text: String
  }

  /// Smallest and largest value of something over the runs.
  public struct Span: Sendable, Equatable {
    /// The smallest.
    public let lower: Double
    /// The largest.
    public let upper: Double
    /// How many times the smallest the largest is.
    public var factor: Double { upper / lower }

    init(_ values: [Double]) {
      lower = values.min() ?? 1
      upper = values.max() ?? 1
    }
  }

  /// N of the runs.
  public let sizes: Span
  /// D of the runs.
  public let tokens: Span
  /// D/N of the runs.
  public let ratios: Span
  /// The condition number of the fit (FitConditioning).
  public let condition: Double
  /// Profile likelihoods of α, β, E and a; with tied exponents of α and E.
  public let profiles: [FitProfile]
  /// What leaving out single runs would do, most first.
  public let influence: [RunInfluence]
  /// Runs far off the law.
  public let outliers: [OutlyingRun]
  /// The prediction of the largest runs, where enough others are there.
  public let holdOut: FitHoldOut?
  /// What was found, the worst first.
  public let findings: [Finding]
  /// The worst of the findings' weights.
  public var verdict: Verdict { findings.map(\.weight).max() ?? .sound }

  /// Examines a fit.
  ///
  /// - Parameters:
  ///   - fit: The fit.
  ///   - bootstrap: Its resamples.
  ///   - pool: The threads to work on.
  public init(_ fit: ParametricFit, _ bootstrap: Bootstrap, pool: ThreadPool = .shared) {
    let runs = fit.table.runs
    sizes = Span(runs.map(\.parameters))
    tokens = Span(runs.map(\.tokens))
    ratios = Span(runs.map { $0.tokens / $0.parameters })
    condition = FitConditioning(fit).number
    let quantities: [LawQuantity] = fit.options.isTied ? [.alpha, .irreducible] : LawQuantity.allCases
    profiles = pool.map(quantities.count) { fit.profile(quantities[$0]) }
    influence = fit.influence(pool: pool)
    outliers = fit.outliers()
    holdOut = fit.holdOut(pool: pool)
    let judged = HealthWords(
      fit: fit, bootstrap: bootstrap, sizes: sizes, tokens: tokens, ratios: ratios, condition: condition)
    let found =
      judged.design() + judged.identification(profiles) + judged.singleRuns(influence, outliers)
      + judged.prediction(holdOut)
    // Of equal weight they stay in order.
    findings = [Verdict.illPosed, .doubtful, .sound].flatMap { weight in found.filter { $0.weight == weight } }
  }
}
