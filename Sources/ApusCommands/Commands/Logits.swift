// apus logits: what the model says at every position, for checking it against other tools.

import ApusCore
import ApusFormats
import ApusGeneration
import ApusModels
import ApusTensor
import ArgumentParser

/// `apus logits`.
struct Logits: Command {
  static let configuration = CommandConfiguration(
    abstract: "Print or save the logits at every position of a sequence of token ids.",
    discussion: """
      The text form shows the five most probable next tokens after each position. --format json prints all logits as \
      rows, or only their shape where --output saves them: a safetensors file with one float32 tensor `logits` of \
      shape [tokens, vocabulary]. An encoder (BERT, RoBERTa) says which token it would put at each position.
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var common: CommonOptions

  @Option(help: ArgumentHelp("Token ids: 1,2,3.", valueName: "ids"))
  var ids: TokenIDs

  @Option(
    help: ArgumentHelp(
      "For encoders that take two texts: which one each id belongs to, 0,0,1 (default: all to 0).", valueName: "types"))
  var tokenTypes: TokenIDs?

  @Option(help: ArgumentHelp("Save the logits here.", valueName: "file.safetensors"))
  var output: String?

  @Option(help: "text or json.")
  var format = OutputFormat.text

  func run(_ console: Console) throws {
    let location = try ModelLocation(model.path)
    let model = try location.loadModel()
    try model.specification.requireMemory(
      for: .inference(tokens: ids.values.count, logits: ids.values.count, cached: 0), remedy: "give fewer ids")
    let workspace = try Workspace()
    let logits = try logits(model, in: workspace)
    if let output { try save(logits, to: output) }
    switch format {
    case .json: try console.printJSON(json(logits))
    case .text:
      for line in lines(logits, isEncoder: model.specification.encoder != nil) { try console.output.line(line) }
    }
  }

  private func logits(_ model: Model, in workspace: Workspace) throws(ApusError) -> Tensor {
    let hidden = try model.hidden(try batch(model), in: workspace)
    do throws(ApusError) {
      let logits = try model.logits(hidden, in: workspace)
      try checkFinite(logits)
      return logits
    } catch {
      var error = error
      error.file = self.model.path
      throw error
    }
  }

  private func checkFinite(_ logits: Tensor) throws(ApusError) {
    guard let position = (0..<logits.rows).first(where: { !logits.rows($0..<$0 + 1).values.allSatisfy(\.isFinite) })
    else { return }
    throw ApusError(
      .badData, "the model's logits at position \(position) are not finite",
      remedy: "its weights are damaged, or its training diverged: take an earlier checkpoint")
  }

  private func save(_ logits: Tensor, to path: String) throws(ApusError) {
    let shape = [logits.rows, logits.columns]
    let tensor = TensorDescription(name: "logits", type: .float32, shape: shape)
    try SafetensorsWriter.write(to: path, tensors: [tensor]) { _, sink throws(ApusError) in
      try logits.withBytes { bytes throws(ApusError) in try sink(bytes) }
    }
  }

  private func json(_ logits: Tensor) -> JSON {
    var fields: [(String, JSON)] = [
      ("ids", .integers(ids.values)), ("shape", .integers([logits.rows, logits.columns])),
    ]
    if let tokenTypes { fields.insert(("token_types", .integers(tokenTypes.values)), at: 1) }
    if let output {
      fields.append(("output", .string(output)))
    } else {
      fields.append(("logits", .array(rows(logits).map { .array($0.map { .double(Double($0)) }) })))
    }
    return .fields(fields)
  }

  private func rows(_ logits: Tensor) -> [[Float]] {
    (0..<logits.rows).map { logits.rows($0..<$0 + 1).values }
  }

  private func lines(_ logits: Tensor, isEncoder: Bool) -> [String] {
    let tokens = isEncoder ? "tokens here" : "next tokens"
    var table = TextTable(["position", "id", "\(tokens): id (probability)"], left: [2])
    for (position, row) in rows(logits).enumerated() {
      table.add(["\(position)", "\(ids.values[position])", Self.mostProbable(row)])
    }
    return table.lines
  }

  private static func mostProbable(_ row: [Float]) -> String {
    let ranked = row.indices.sorted { row[$0] != row[$1] ? row[$0] > row[$1] : $0 < $1 }
    let greatest = row.max() ?? 0
    let sum = row.reduce(0.0) { $0 + Double.exp(Double($1 - greatest)) }
    let shown = ranked.prefix(5).map { id in
      "\(id) (\(Quantity.decimals(Double.exp(Double(row[id] - greatest)) / sum, 4)))"
    }
    return shown.joined(separator: "  ")
  }

  private func batch(_ model: Model) throws(ApusError) -> PackedBatch {
    var batch = PackedBatch(sequence: try validated(model))
    if let types = tokenTypes?.values {
      let known = model.specification.encoder?.tokenTypes ?? 0
      guard types.count == ids.values.count, types.allSatisfy({ $0 >= 0 && $0 < known }) else {
        throw ApusError(
          .usage,
          "--token-types gives \(Quantity.counted(types.count, "type")) for "
            + "\(Quantity.counted(ids.values.count, "id")); the model knows \(Quantity.counted(known, "type"))",
          remedy: known == 0 ? "leave the option out" : "give one of 0 to \(known - 1) for each id")
      }
      batch.types = types
    }
    return batch
  }

  private func validated(_ model: Model) throws(ApusError) -> [Int32] {
    let (vocabulary, context) = (model.specification.vocabulary, model.specification.longestSequence)
    if let id = ids.values.first(where: { $0 < 0 || Int($0) >= vocabulary }) {
      throw ApusError(
        .usage, "token id \(id) is not in the model's vocabulary (0 to \(vocabulary - 1))",
        remedy: "encode the text with the model's own tokenizer")
    }
    guard ids.values.count <= context else {
      throw ApusError(
        .usage, "\(ids.values.count) ids are given, the model's context is \(context)", remedy: "give fewer ids")
    }
    return ids.values
  }
}
