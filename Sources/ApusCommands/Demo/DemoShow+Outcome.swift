// The last chapters: how good the model is, what it writes, where it lies, and what to try next.

import ApusCore
import ApusModels
import ApusTraining

/// What a demo came to, for programs.
struct DemoOutcome {
  var folder: RunFolder
  var parameters: Int
  var steps: Int
  var tokens: Int
  var bitsPerByte: Double
  var perplexity: Double
  var floor: Double?
  var baselines: (uniform: Double, single: Double, pairs: Double)

  var json: JSON {
    .fields([
      ("run", .string(folder.path)), ("model", .string(folder.final)), ("parameters", .int(Int64(parameters))),
      ("steps", .int(Int64(steps))), ("tokens", .int(Int64(tokens))), ("bits_per_byte", .double(bitsPerByte)),
      ("perplexity", .double(perplexity)), ("floor_bits_per_byte", floor.map { .double($0) } ?? .null),
      (
        "baselines_bits_per_byte",
        .fields([
          ("uniform", .double(baselines.uniform)), ("unigram", .double(baselines.single)),
          ("bigram", .double(baselines.pairs)),
        ])
      ),
    ])
  }
}

extension DemoShow {
  /// Other text than stories is judged by so many tokens at most.
  private static let judgedTokens = 1 << 17

  // MARK: - 5 Evaluation

  func evaluate(_ run: TrainingRun, floorBits: Double?) throws(ApusError) -> DemoOutcome {
    try narrator.heading("Evaluation")
    let judged = try judgedText(run.data.validation, isWhole: floorBits != nil)
    let evaluator = Evaluator(tokenizer: run.data.tokenizer, context: run.configuration.model.context)
    let result = try evaluator.evaluate(CorpusStream(judged), model: run.trainer.model, in: workspace)
    let bytes = Double(max(1, result.bytes))
    let bits = try DemoBaselines(run.data.train).bits(of: judged)
    let outcome = DemoOutcome(
      folder: folder, parameters: run.trainer.model.parameterCount, steps: run.trainer.progress.step,
      tokens: run.trainer.progress.tokens, bitsPerByte: result.bitsPerByte ?? .nan, perplexity: result.perplexity,
      floor: floorBits.map { $0 / bytes },
      baselines: (bits.uniform / bytes, bits.single / bytes, bits.pairs / bytes))
    try tell(outcome)
    return outcome
  }

  /// The validation text, or its beginning.
  private func judgedText(_ corpus: TokenCorpus, isWhole: Bool) throws(ApusError) -> TokenCorpus {
    let count = isWhole ? corpus.count : min(corpus.count, Self.judgedTokens)
    var tokens = [Int32](repeating: 0, count: count)
    try corpus.copy(0..<count, to: &tokens, at: 0)
    let ends = (0..<corpus.documentCount).lazy.map(corpus.end(ofDocument:)).prefix { $0 <= count }
    return TokenCorpus(tokens, documentEnds: Array(ends), identity: corpus.identity)
  }

  private func tell(_ outcome: DemoOutcome) throws(ApusError) {
    try narrator.say(
      "How many bits does each byte of unseen text cost? Fewer is better: a model that predicts well could store the "
        + "text in so many bits."
    )
    var rows = [
      ("every token alike", outcome.baselines.uniform), ("tokens by frequency", outcome.baselines.single),
      ("tokens by the one before", outcome.baselines.pairs), ("this model", outcome.bitsPerByte),
    ]
    if let floor = outcome.floor { rows.append(("floor: the grammar itself", floor)) }
    let most = rows.map(\.1).max() ?? 1
    for (name, bits) in rows {
      let bar = Narrator.bar(bits / most, cells: max(10, narrator.width - 42))
      let isModel = name == "this model"
      let label = name + String(repeating: " ", count: max(0, 26 - name.count))
      try narrator.line(
        "\(label)\(Quantity.decimals(bits, 3))  " + narrator.terminal.styled(bar, isModel ? .green : .blue))
    }
    let perplexity = Quantity.decimals(outcome.perplexity, 2)
    guard let floor = outcome.floor else {
      return try narrator.say("Perplexity \(perplexity): on average the model hesitates between so many tokens.")
    }
    try narrator.say(
      "Perplexity \(perplexity): on average the model hesitates between so many tokens. The floor is exact, −log₂ of "
        + "the probability that the grammar gives to this very "
        + "text; the model needs \(Quantity.decimals(100 * (outcome.bitsPerByte / floor - 1), 1)) % more.")
  }

  // MARK: - 6 Stories

  func stories(_ run: TrainingRun, _ text: DemoText) throws(ApusError) {
    try narrator.heading(text.isStories ? "Stories that nobody wrote" : "Text that nobody wrote")
    try narrator.say(
      "The model draws one token after another, at temperature \(Storyteller.temperature), from \"\(text.prompt)\":")
    let teller = try Storyteller(run) { [console] in console.interruption.isRequested }
    for seed in 1...2 {
      if seed > 1 { try narrator.raw(narrator.quoted("")) }
      var quote = StreamedQuote(narrator)
      try quote.push(text.prompt.printable)
      try teller.tell(text.prompt, tokens: text.isStories ? 400 : 160, seed: UInt64(seed)) {
        (piece) throws(ApusError) in
        try quote.push(text.isStories ? piece : Self.tame(piece))
      }
      try quote.finish()
      try check()
    }
  }

  /// Control characters become spaces.
  private static func tame(_ text: String) -> String {
    String(text.map { $0.isWhitespace ? " " : $0 }).printable
  }

  // MARK: - 7 What was made

  func ending(_ run: TrainingRun, _ text: DemoText, seconds: Double) throws(ApusError) {
    try narrator.heading("What was made")
    let elapsed = NumberText.duration(console.clock() - started)
    try narrator.say("All of this took \(elapsed) and lies in \(folder.path):")
    var table = TextTable(["", ""], left: [0, 1])
    table.add(["final/", "the model in Hugging Face layout: weights, configuration, tokenizer"])
    table.add(["loss.svg", "the loss curves" + (run.floor == nil ? "" : " and the floor, to be opened in a browser")])
    table.add(["log.jsonl", "every step: loss, learning rate, gradient norm, tokens per second"])
    table.add(["configuration.json", "every setting of the run"])
    table.add(["data/", "the tokens"])
    if text.isStories { table.add(["stories.txt", "the stories"]) }
    for line in table.lines { try narrator.line("  " + line) }
    try narrator.line()
    try narrator.say("Three commands to try next:")
    for command in commands(text, seconds: seconds) {
      try narrator.line("  " + narrator.terminal.styled(command, .cyan))
    }
  }

  /// Each works as it is printed, where the user stands.
  func commands(_ text: DemoText, seconds: Double) -> [String] {
    let apus = Invocation.words()
    let run = Invocation.quoted(folder.path)
    let prompt = text.isStories ? "" : text.prompt  // from nothing, a whole story
    let source = text.isStories ? "" : " --text \(Invocation.quoted(text.path))"
    return [
      "\(apus) generate --model \(run) --temperature 0.8 --prompt \(Invocation.quoted(prompt))",
      "\(apus) inspect \(run)",
      "\(apus) demo\(source) --seconds \(Int(min(1e6, 5 * seconds)))",
    ]
  }
}
