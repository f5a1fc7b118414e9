// The laws of the Chinchilla family: three approaches, the replication that corrected the third, and what was built on
// the same form for repeated text and for over-training.

import ApusCore

extension LawLibrary {
  private static let massiveText = "nats per token (SentencePiece 32k, MassiveText)"
  private static let hoffmannRange = FittedRange(
    parameters: 4.4e7...1.6e10, tokens: 5e9...5e11, compute: 6e18...3e21)

  private static func hoffmann(_ id: String, _ name: String, _ edition: String, _ notes: [String] = []) -> LawCard {
    LawCard(
      id: id, name: name, source: "Hoffmann et al. 2022, arXiv:2203.15556", edition: edition, counts: .all,
      lossUnit: massiveText, fitted: hoffmannRange, notes: notes)
  }

  /// Chinchilla's first approach: the envelope of training curves.
  public static let chinchilla1 = FrontierLaw(
    card: hoffmann(
      "chinchilla-1", "Chinchilla 1, envelope", "power law through the nine rows of table 3 (within 1.3 % of each)",
      ["Printed exponent 0.50 (10th to 90th percentile 0.488 to 0.502)."]),
    coefficient: 0.09915893230794971, exponent: 0.4980986857771881)

  /// Chinchilla's second approach: parabolas at equal compute.
  public static let chinchilla2 = FrontierLaw(
    card: hoffmann(
      "chinchilla-2", "Chinchilla 2, IsoFLOP", "power law through the nine rows of table A3 (within 3.3 % of each)",
      ["Printed exponent 0.49 (10th to 90th percentile 0.462 to 0.534)."]),
    coefficient: 0.1448770518112787, exponent: 0.48994161286254634)

  /// Chinchilla's third approach, with the unrounded constants of the paper's source.
  public static let chinchilla3 = ParametricLaw(
    card: hoffmann(
      "chinchilla-3", "Chinchilla 3, parametric", "unrounded, from the paper's TeX source",
      [
        "Its fit stopped early (Besiroglu 2024): prefer 'replication'.",
        "Gives table A3's budgets within 2 to 18 %; A3's row of 175B misprints 1.26e25 as 1.26e24.",
      ]),
    irreducible: Double.exp(0.5267228), sizeCoefficient: Double.exp(6.0073404),
    dataCoefficient: Double.exp(6.0179186), sizeExponent: 0.33917084, dataExponent: 0.2849083)

  /// The same as the paper prints it.
  public static let chinchilla3Rounded = ParametricLaw(
    card: hoffmann(
      "chinchilla-3-rounded", "Chinchilla 3, as printed", "rounded: 1.69, 406.4, 410.7, 0.34, 0.28",
      ["The digits lost move the answer: 93 tokens a parameter at 5.76e23 instead of 59, and not table A3."]),
    irreducible: 1.69, sizeCoefficient: 406.4, dataCoefficient: 410.7, sizeExponent: 0.34, dataExponent: 0.28)

  private static func besiroglu(_ id: String, _ name: String, _ edition: String, _ notes: [String]) -> LawCard {
    LawCard(
      id: id, name: name, source: "Besiroglu et al. 2024, arXiv:2404.10102", edition: edition, counts: .all,
      lossUnit: massiveText,
      fitted: FittedRange(parameters: 5.7e7...1.6e10, tokens: 8.2e8...3.2e11, compute: 1.4e18...1.3e22), notes: notes)
  }

  /// The replication of approach 3, as printed; it agrees with approaches 1 and 2.
  public static let replication = ParametricLaw(
    card: besiroglu(
      "replication", "Chinchilla replicated", "table 1",
      ["The printed row is a fit with a scale of its own, in effect by absolute errors, of 240 runs read off a plot."]),
    irreducible: 1.8172, sizeCoefficient: 482.01, dataCoefficient: 2085.43, sizeExponent: 0.3478, dataExponent: 0.3658,
    uncertainty: replicationSpread)

  /// The least value of the objective that the replication states.
  public static let replicationRefit = ParametricLaw(
    card: besiroglu(
      "replication-refit", "Chinchilla replicated, refit",
      "least sum of Huber 1e-3 on the replication's 240 runs, fitted by us",
      ["Objective 0.00101827402, that of the printed row 0.00102284."]),
    irreducible: Double.exp(0.5973068160081432), sizeCoefficient: Double.exp(6.169246371584524),
    dataCoefficient: Double.exp(7.670156776329222), sizeExponent: 0.34731049867362174,
    dataExponent: 0.3671724348243848, uncertainty: replicationSpread)

  /// The law for repeated text.
  public static let repeated = RepeatedDataLaw(
    base: ParametricLaw(
      card: LawCard(
        id: "muennighoff", name: "Repeated data", source: "Muennighoff et al. 2023, arXiv:2305.16264",
        edition: "unrounded, from the authors' notebook", counts: .all, lossUnit: "nats per token (GPT-2's BPE, C4)",
        fitted: FittedRange(parameters: 7e6...8.7e9, tokens: 1e8...9e11),
        notes: [
          "R_D* = 15.4 is not fixed by its data: any from 12 to 200 fits within 0.4 % of the best objective.",
          "Rule: up to 4 epochs are nearly as good as new text; beyond 16 little is gained, at 40 nothing.",
        ]),
      irreducible: Double.exp(0.6254804), sizeCoefficient: Double.exp(6.255414),
      dataCoefficient: Double.exp(7.3049974), sizeExponent: 0.3526596, dataExponent: 0.3526596),
    dataRepetitions: 15.387756, sizeRepetitions: 5.309743)

  /// The tied form for over-training, L = E + (a M^η + b M^−η) C^−η with M = D/N: α = β = 2η.
  public static let overTraining = ParametricLaw(
    card: LawCard(
      id: "gadre", name: "Over-training, tied", source: "Gadre et al. 2024, arXiv:2403.08540, form; C4 runs",
      edition: "α = β, Huber 1e-3 on the logarithm of 31 released runs below 1B, fitted by us", counts: .all,
      lossUnit: "nats per token (GPT-NeoX's BPE, C4 validation)",
      fitted: FittedRange(parameters: 1e7...4.2e8, tokens: 5.2e7...1.4e11),
      notes: [
        "Held out: 1.4B on 115B predicted 2.481, found 2.472; 6.9B on 138B predicted 2.259, found 2.382 (5 % off)."
      ]),
    irreducible: 1.43718046, sizeCoefficient: 99.24588298, dataCoefficient: 161.02763869,
    sizeExponent: 0.23748679833844438, dataExponent: 0.23748679833844438)
}

extension LawLibrary {
  /// The covariance of (ln A, ln B, ln E, α, β) over 2000 resamples of the replication's 240 runs, each fitted anew.
  private static let replicationSpread = LawUncertainty(
    .covariance([
      0.0632834732,
      -0.0254885808, 0.179382343,
      0.0020550323, 0.00369738468, 0.000196267397,
      0.00377277831, -0.00159133452, 0.00012119108, 0.000225230784,
      -0.001279214, 0.00876471227, 0.000179964648, -7.99065982e-05, 0.000428524366,
    ]),
    origin: "2000 bootstrap resamples of the replication's 240 runs, as a normal distribution")
}
