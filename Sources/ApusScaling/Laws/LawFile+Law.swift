// A law's file as a law of the library, so that what was fitted can be compared and planned with like any other.

public import ApusCore

extension LawFile {
  /// The law that the file holds; `path` becomes its id.
  public func law(path: String) -> any ScalingLaw {
    let fitted = FittedRange(
      parameters: sizes.lower...sizes.upper, tokens: tokens.lower...tokens.upper,
      compute: computes.lower...computes.upper)
    let card = LawCard(
      id: FileSystem.name(of: path), name: name, source: source, edition: "\(runs) runs, fit: \(verdict.rawValue)",
      counts: .all, lossUnit: lossUnit.rawValue, fitted: fitted,
      notes: caveats + ["N counts what the runs' table counts."])
    switch form {
    case .frontier(let coefficient, let exponent):
      return FrontierLaw(card: card, coefficient: coefficient, exponent: exponent)
    case .parametric(let constants, let resamples):
      let points = resamples.map { [$0.a, $0.b, $0.e, $0.alpha, $0.beta] }
      return ParametricLaw(
        card: card, irreducible: constants.irreducible, sizeCoefficient: constants.sizeCoefficient,
        dataCoefficient: constants.dataCoefficient, sizeExponent: constants.alpha, dataExponent: constants.beta,
        uncertainty: points.isEmpty
          ? nil : LawUncertainty(.resamples(points), origin: "\(points.count) resamples of the \(runs) runs"))
    }
  }
}

extension LawLibrary {
  /// The law called `name`, or that of the file of this path.
  ///
  /// - Throws: A name that there is not, or a file that holds no law.
  public static func named(_ name: String) throws(ApusError) -> any ScalingLaw {
    isPath(name) ? try LawFile.read(name).law(path: name) : try law(name)
  }

  /// Whether `name` is a file's and not a law's.
  public static func isPath(_ name: String) -> Bool { name.contains("/") || name.hasSuffix(".json") }
}
