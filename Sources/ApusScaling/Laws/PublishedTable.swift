// Hoffmann et al. 2022, arXiv:2203.15556: what tables 3 and A3 print, to be compared with what the laws give. One entry
// is a misprint: approach 3's budget for 175 B parameters stands there as 1.26e24, while 6 N D is 1.26e25.

/// A row of a table of compute-optimal training.
public struct PublishedRow: Sendable, Equatable {
  /// N.
  public var parameters: Double
  /// C in FLOPs.
  public var compute: Double
  /// D.
  public var tokens: Double
}

/// A published table of the best size for a budget.
public struct PublishedTable: Sendable, Equatable {
  /// Where it is printed.
  public var place: String
  /// Its rows.
  public var rows: [PublishedRow]

  /// The table that belongs to the law called `id`; nil where there is none.
  public static func of(_ id: String) -> PublishedTable? {
    switch id {
    case LawLibrary.chinchilla1.card.id: approach1
    case LawLibrary.chinchilla2.card.id: approach2
    case LawLibrary.chinchilla3.card.id, LawLibrary.chinchilla3Rounded.card.id: approach3
    default: nil
    }
  }

  private static let sizes = [0.4e9, 1e9, 10e9, 67e9, 175e9, 280e9, 520e9, 1e12, 10e12]

  private init(_ place: String, _ compute: [Double], billions: [Double]) {
    self.place = place
    rows = zip(Self.sizes, zip(compute, billions)).map { size, pair in
      PublishedRow(parameters: size, compute: pair.0, tokens: pair.1 * 1e9)
    }
  }

  /// Approach 1: the envelope of training curves.
  public static let approach1 = PublishedTable(
    "table 3", [1.92e19, 1.21e20, 1.23e22, 5.76e23, 3.85e24, 9.90e24, 3.43e25, 1.27e26, 1.30e28],
    billions: [8.0, 20.2, 205.1, 1500, 3700, 5900, 11000, 21200, 216_200])

  /// Approach 2: the lowest points of parabolas at equal compute.
  public static let approach2 = PublishedTable(
    "table A3", [1.84e19, 1.20e20, 1.32e22, 6.88e23, 4.54e24, 1.18e25, 4.19e25, 1.59e26, 1.75e28],
    billions: [7.7, 20.0, 219.5, 1700, 4300, 7100, 13400, 26500, 292_000])

  /// Approach 3: the parametric law. The fifth budget is 6 N D; printed is a tenth of it.
  public static let approach3 = PublishedTable(
    "table A3", [2.21e19, 1.62e20, 2.46e22, 1.71e24, 1.26e25, 3.52e25, 1.36e26, 5.65e26, 8.55e28],
    billions: [9.2, 27.1, 410.1, 4100, 12000, 20100, 43500, 94100, 1_425_500])
}
