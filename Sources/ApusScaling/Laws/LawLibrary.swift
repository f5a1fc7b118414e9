// The laws by name. Each entry says where it stands, what its N counts, what its loss is measured in and on what it was
// fitted; constants that are not printed anywhere say how they were obtained.

public import ApusCore

/// All laws.
public enum LawLibrary {
  /// Every law, in the order of their papers.
  public static let all: [any ScalingLaw] = [
    kaplan, chinchilla1, chinchilla2, chinchilla3, chinchilla3Rounded, clark, repeated, deepSeek, krajewski,
    overTraining, replication, replicationRefit, porian, llama3, llama3Rounded,
  ]

  /// The law called `id`.
  ///
  /// - Throws: A name that there is not, with the nearest that there is.
  public static func law(_ id: String) throws(ApusError) -> any ScalingLaw {
    if let law = all.first(where: { $0.card.id == id }) { return law }
    let names = all.map(\.card.id)
    let near =
      Spelling.nearest(to: id, among: names, within: max(1, id.count / 3))
      .map { "did you mean '\($0)'? " } ?? ""
    throw ApusError(
      .usage, "there is no law '\(id)'", remedy: "\(near)there are \(names.joined(separator: ", "))")
  }

  /// The law called `id`, or that of the file of this path, which must give a loss for any N and D by
  /// E + A/N^α + B/D^β.
  ///
  /// - Throws: A name that there is not, or a law of another form.
  public static func parametric(_ id: String) throws(ApusError) -> ParametricLaw {
    let law = try named(id)
    if let law = law as? ParametricLaw { return law }
    if let law = law as? RepeatedDataLaw { return law.base }
    let names = all.filter { $0 is ParametricLaw || $0 is RepeatedDataLaw }.map(\.card.id)
    throw ApusError(
      .usage, "the law '\(id)' gives no loss for any N and D", remedy: "choose one of \(names.joined(separator: ", "))")
  }

  // MARK: Kaplan

  static let kaplanCard = LawCard(
    id: "kaplan", name: "Kaplan", source: "Kaplan et al. 2020, arXiv:2001.08361, appendix A", edition: "as printed",
    counts: .nonEmbedding, lossUnit: "nats per token (GPT-2's BPE, WebText2)",
    fitted: FittedRange(parameters: 768...1.5e9, tokens: 2.2e7...2.3e10),
    notes: [
      "C is read as the paper's Cmin; at the critical batch, training takes twice that.",
      "Warm-up, the output's FLOPs and untuned optimisers explain most of its distance from Chinchilla (Porian 2024).",
    ])

  /// Kaplan's laws.
  public static let kaplan = KaplanLaw()

  // MARK: Experts

  /// Clark's law for S-BASE routing, by our own fit to the paper's released curves.
  public static let clark = RoutedExpertsLaw(
    card: LawCard(
      id: "clark", name: "Routed experts", source: "Clark et al. 2022, arXiv:2202.01169, S-BASE",
      edition: "fitted by us to 61 released runs; printed: -0.082, -0.108, 0.009, 1.104, 1.847, 314.478",
      counts: .nonEmbedding, lossUnit: "nats per token (SentencePiece 32k, MassiveText)",
      fitted: FittedRange(parameters: 1.5e7...1.3e9, tokens: 130e9...130e9),
      remark: "every run had 130B tokens, so C alone decides N: what a token uses, one expert of 64"),
    size: -0.0837827079802768, experts: -0.12336863452771059, interaction: 0.010423916787218738,
    constant: 1.121559852196347, start: 2.3942172151262486, maximum: 217.6548998058411)

  static let krajewskiCard = LawCard(
    id: "krajewski", name: "Fine-grained experts", source: "Krajewski, Ludziejewski et al. 2024, arXiv:2402.07871",
    edition: "table 1", counts: .totalWithExperts, lossUnit: "nats per token (GPT-2's BPE, C4)",
    fitted: FittedRange(parameters: 64 * 2e6...64 * 5e7, tokens: 1.6e10...1.3e11),
    notes: [
      "The constants have two digits: table 2 of the paper is met to about 1 % of the loss, the best N less well."
    ],
    remark: "N is of all experts; a token uses 12 parameters in 516")

  /// Fine-grained experts.
  public static let krajewski = FineGrainedExpertsLaw()

  // MARK: Tokens and budgets

  /// DeepSeek's law, whose measure of size is the operations of a token.
  public static let deepSeek = FrontierLaw(
    card: LawCard(
      id: "deepseek", name: "DeepSeek", source: "DeepSeek-AI 2024, arXiv:2401.02954, section 3.2",
      edition: "as printed", counts: .flops, lossUnit: "none given", fitted: FittedRange(compute: 1e17...3e20),
      notes: ["Size is M = 72 layers d² + 12 layers d context, the FLOPs of a token; C = M D."]),
    quantity: .flopsPerToken, coefficient: 0.1715, exponent: 0.5243)

  /// What Kaplan's experiment gives when output, warm-up and optimiser are put right.
  public static let porian = FrontierLaw(
    card: LawCard(
      id: "porian", name: "Porian, tuned", source: "Porian et al. 2024, arXiv:2406.19146, RefinedWeb",
      edition: "least squares through the authors' 12 optima (they print the exponent, 0.497)",
      counts: .matricesAndHead, lossUnit: "none given",
      fitted: FittedRange(parameters: 1.25e7...5.35e8, compute: 1.25e16...2.56e19),
      notes: ["Exponent's 95 % interval 0.491 to 0.505; from Kaplan's 0.83 by head 0.70, warm-up 0.60, decay 0.57."]),
    coefficient: 0.11819903781389161, exponent: 0.49702879549161855)

  private static func llama(_ id: String, _ name: String, _ edition: String, _ notes: [String]) -> LawCard {
    LawCard(
      id: id, name: name, source: "Llama team 2024, arXiv:2407.21783, section 3.2.1", edition: edition,
      counts: .all, lossUnit: "none given",
      fitted: FittedRange(parameters: 4e7...1.6e10, compute: 6e18...1e22), notes: notes)
  }

  /// Llama 3's law of the tokens, with the exponent that gives the paper's own prediction.
  public static let llama3 = FrontierLaw(
    card: llama(
      "llama3", "Llama 3", "exponent 0.53778, so that 3.8e25 FLOPs give the 16.55T tokens printed",
      ["The law is of the tokens; N is what remains."]),
    quantity: .tokens, coefficient: 0.29, exponent: 0.5377840648359593)

  /// The same with the printed exponent, which does not give the paper's prediction.
  public static let llama3Rounded = FrontierLaw(
    card: llama(
      "llama3-rounded", "Llama 3, as printed", "constants as printed: 0.29, 0.53",
      ["The printed digits give 10.5T tokens at 3.8e25 FLOPs; the paper says 16.55T."]),
    quantity: .tokens, coefficient: 0.29, exponent: 0.53)
}
