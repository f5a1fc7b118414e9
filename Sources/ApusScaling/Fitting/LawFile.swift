// A fitted law as a file: a JSON object with a format and a version, its constants in full precision, the constants of
// the resamples (from which every interval follows), what it was fitted on, and how healthy the fit was. Fits write it,
// plans read it.

public import ApusCore

/// A fitted law with what one must know to use it.
public struct LawFile: Sendable, Equatable {
  /// What the file calls itself.
  public static let format = "apus-scaling-law"
  /// The version that is written and read.
  public static let version = 1

  /// What a law says.
  public enum Form: Sendable, Equatable {
    /// L(N, D) = E + A / N^α + B / D^β, with the constants of resamples.
    case parametric(LogParameters, resamples: [LogParameters])
    /// The best size alone, N = k C^a.
    case frontier(coefficient: Double, exponent: Double)
  }

  /// What the law is called.
  public var name: String
  /// Where it comes from: how it was fitted, and to what.
  public var source: String
  /// What it says.
  public var form: Form
  /// Which parameters its N counts.
  public var counts: ParameterCount
  /// The unit of its loss.
  public var lossUnit: LossUnit
  /// How many runs it was fitted to.
  public var runs: Int
  /// From where to where they went.
  public var fitted: FittedRange
  /// The fit's health.
  public var verdict: FitHealth.Verdict
  /// Its findings that are no plain facts.
  public var caveats: [String]

  /// Makes a law file's content.
  ///
  /// - Parameters:
  ///   - name: What the law is called.
  ///   - source: How it was fitted.
  ///   - form: What it says.
  ///   - counts: Which parameters the table's N counts.
  ///   - table: The runs.
  ///   - findings: What was found of the fit's health.
  public init(
    name: String, source: String, form: Form, counts: ParameterCount = .all, table: RunTable,
    findings: [FitHealth.Finding]
  ) {
    self.name = name
    self.source = source
    self.form = form
    self.counts = counts
    lossUnit = table.lossUnit
    runs = table.runs.count
    fitted = table.extent
    verdict = findings.map(\.weight).max() ?? .sound
    caveats = findings.filter { $0.weight > .sound }.map(\.text)
  }
}

// MARK: Writing

extension LawFile {
  /// Writes the file, whole or not at all.
  ///
  /// - Throws: A path that cannot be written, or a law by which more is no better.
  public func write(to path: String) throws(ApusError) {
    if case .parametric(let law, _) = form, let problem = Self.problem(law) {
      throw ApusError(
        .badData, "\(problem), and no plan follows from such a law", file: path,
        remedy: "look whether columns or units of the runs are exchanged; it is not written")
    }
    try AtomicFile.write(json.serialized(pretty: true) + [10], to: path)
  }

  /// The file's content.
  public var json: JSON {
    var fields: [(String, JSON)] = [
      ("format", .string(Self.format)), ("version", .int(Int64(Self.version))), ("name", .string(name)),
      ("source", .string(source)), ("counts", .string(counts.rawValue)), ("loss_unit", .string(lossUnit.rawValue)),
    ]
    switch form {
    case .parametric(let law, let resamples):
      fields.append(("form", .string("parametric")))
      let constants = zip(Self.constants, Self.numbers(law)).map { ($0, JSON.double($1)) }
      // A line each, or 1,000 resamples would fill 7,000 lines.
      let lines = resamples.map { Self.numbers($0).map { "\($0)" }.joined(separator: " ") }
      fields += [("constants", .object(JSON.Object(constants))), ("resamples", .array(lines.map { .string($0) }))]
    case .frontier(let coefficient, let exponent):
      fields.append(("form", .string("frontier")))
      fields.append(("constants", .object(JSON.Object([("k", .double(coefficient)), ("a", .double(exponent))]))))
    }
    fields += [
      ("runs", .int(Int64(runs))), ("N", Self.json(fitted.parameters)), ("D", Self.json(fitted.tokens)),
      ("C", Self.json(fitted.compute)),
      ("verdict", .string(verdict.rawValue)), ("caveats", .array(caveats.map { .string($0) })),
    ]
    return .object(JSON.Object(fields))
  }

  private static let constants = ["ln_A", "ln_B", "ln_E", "alpha", "beta"]

  private static func numbers(_ law: LogParameters) -> [Double] { [law.a, law.b, law.e, law.alpha, law.beta] }

  private static func json(_ range: ClosedRange<Double>?) -> JSON {
    range.map { .array([.double($0.lowerBound), .double($0.upperBound)]) } ?? .null
  }
}

// MARK: Reading

extension LawFile {
  /// Reads a file that `write` wrote.
  ///
  /// - Throws: A file that is missing, of another format or a later version, or whose constants are none of a law: with
  ///   the key.
  public static func read(_ path: String) throws(ApusError) -> LawFile {
    try LawFile(try JSON.read(path), file: path)
  }

  /// Reads a file's content; `file` is what errors call it.
  public init(_ value: JSON, file: String? = nil) throws(ApusError) {
    let reader = try JSON.Reader(value, file: file)
    let remedy = "make one with 'apus scaling fit … --output FILE'"
    guard try reader.string("format") == Self.format else {
      throw reader.error("format", "this is no file of a scaling law", remedy: remedy)
    }
    let version = try reader.requiredInt("version")
    guard version == Self.version else {
      throw reader.error("version", "version \(version), not \(Self.version)", remedy: remedy)
    }
    name = try reader.requiredString("name")
    source = try reader.requiredString("source")
    counts = try reader.has("counts") ? Self.named(reader, "counts") : .all
    lossUnit = try Self.named(reader, "loss_unit")
    verdict = try Self.named(reader, "verdict")
    form = try Self.form(reader)
    runs = try reader.requiredInt("runs")
    fitted = FittedRange(
      parameters: try Self.range(reader, "N"), tokens: try Self.range(reader, "D"),
      compute: try Self.range(reader, "C"))
    caveats = try reader.array("caveats")?.compactMap(\.string) ?? []
    try reader.finish()
  }

  private static func named<Name: RawRepresentable<String>>(
    _ reader: JSON.Reader, _ key: String
  ) throws(ApusError) -> Name {
    let text = try reader.requiredString(key)
    guard let name = Name(rawValue: text) else { throw reader.error(key, "'\(text)' is unknown") }
    return name
  }

  private static func range(_ reader: JSON.Reader, _ key: String) throws(ApusError) -> ClosedRange<Double> {
    let ends = try reader.array(key)?.compactMap(\.double) ?? []
    guard ends.count == 2, ends[0] > 0, ends[1] >= ends[0], ends[1].isFinite else {
      throw reader.error(key, "a pair of positive numbers, the smaller first, is expected")
    }
    return ends[0]...ends[1]
  }

  private static func form(_ reader: JSON.Reader) throws(ApusError) -> Form {
    let form = try reader.requiredString("form")
    guard let constants = try reader.object("constants") else {
      throw reader.error("constants", "the constants are missing")
    }
    switch form {
    case "parametric":
      var numbers: [Double] = []
      for key in Self.constants { numbers.append(try constants.requiredDouble(key)) }
      guard let law = law(numbers) else { throw reader.error("constants", "these are no constants of a law") }
      if let problem = problem(law) { throw reader.error("constants", problem) }
      var resamples: [LogParameters] = []
      for (index, line) in (try reader.array("resamples") ?? []).enumerated() {
        let numbers = (line.string ?? "").split(separator: " ").map { Double($0) ?? .nan }
        guard let law = Self.law(numbers) else {
          throw reader.error("resamples", "element \(index) is no set of five constants")
        }
        resamples.append(law)
      }
      return .parametric(law, resamples: resamples)
    case "frontier":
      let coefficient = try constants.requiredDouble("k"), exponent = try constants.requiredDouble("a")
      guard coefficient > 0, coefficient.isFinite, (-5...5).contains(exponent) else {
        throw reader.error("constants", "these are no constants of a law")
      }
      return .frontier(coefficient: coefficient, exponent: exponent)
    default: throw reader.error("form", "'\(form)' is unknown", remedy: "parametric and frontier are known")
    }
  }

  /// What keeps a law from being planned with: a loss that does not fall with size or tokens.
  private static func problem(_ law: LogParameters) -> String? {
    guard law.a > -700, law.b > -700 else { return "the loss has no term in parameters or none in tokens" }
    guard law.alpha < 1e-4 || law.beta < 1e-4 else { return nil }
    let (alpha, beta) = (NumberText.fixed(law.alpha, 4), NumberText.fixed(law.beta, 4))
    return "the loss does not fall with both parameters and tokens (α = \(alpha), β = \(beta))"
  }

  /// A law of five numbers that loss can be computed with; nil for others. A resample may lack a term (ln far below 0).
  private static func law(_ numbers: [Double]) -> LogParameters? {
    guard numbers.count == 5, numbers.allSatisfy(\.isFinite), numbers[..<3].allSatisfy({ (-1e4...700).contains($0) }),
      numbers[3...].allSatisfy({ (-10...10).contains($0) })
    else { return nil }
    return LogParameters(a: numbers[0], b: numbers[1], e: numbers[2], alpha: numbers[3], beta: numbers[4])
  }
}
