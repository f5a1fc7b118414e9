// A law's file as a law of the library, so that what was fitted can be compared and planned with like any other.

public import ApusCore

extension LawFile {
  /// The law that the file holds; `path` becomes its id.
  public func law(path: String) -> any ScalingLaw {
    let card = LawCard(
      id: FileSystem.name(of: path), name: name, source: source, edition: "\(runs) runs, fit: \(verdict.rawValue)",
      counts: counts, lossUnit: lossUnit.words, unit: lossUnit, fitted: fitted, notes: caveats)
    switch form {
    case .frontier(let coefficient, let exponent):
      return FrontierLaw(card: card, coefficient: coefficient, exponent: exponent)
    case .parametric(let constants, let resamples):
      return ParametricLaw(
        card: card, irreducible: constants.irreducible, sizeCoefficient: constants.sizeCoefficient,
        dataCoefficient: constants.dataCoefficient, sizeExponent: constants.alpha, dataExponent: constants.beta,
        uncertainty: resamples.isEmpty
          ? nil : LawUncertainty(.resamples(resamples), origin: "\(resamples.count) resamples of the \(runs) runs"))
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
  public static func isPath(_ name: String) -> Bool { name.contains("/") || name.contains(".") }
}
