import ApusCore
import ApusModels
import Testing

@testable import ApusTraining

@Suite struct ConfigurationTests {
  private func read(_ json: String, _ assignments: [String] = []) throws -> PretrainConfiguration {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/config.json"
    try AtomicFile.write(json, to: path)
    return try PretrainConfiguration(file: path, assignments: assignments)
  }

  @Test func nestedDottedAndAssignedValues() throws {
    let configuration = try read(
      #"{"preset": "small-gpt", "optimizer": {"learning_rate": 1}, "training.steps": 5e2, "data": {"text": "a.txt"}}"#,
      ["optimizer.beta2=0.5", "data.text=[\"b.txt\", \"c.txt\"]", "model.tie_embeddings=false", "data.shards=null"])
    #expect(configuration.optimizer.learningRate == 1)
    #expect(configuration.optimizer.beta2 == 0.5)
    #expect(configuration.training.steps == 500)
    #expect(configuration.data.text == ["b.txt", "c.txt"])
    #expect(configuration.model.tieEmbeddings == false)
    #expect(configuration.model.width == 128 && configuration.data.sampling == .crops)
  }

  @Test(arguments: Preset.allCases) func presetsAreValidAndSurviveJSON(preset: Preset) throws {
    var configuration = try PretrainConfiguration(
      file: nil, assignments: ["preset=\(preset.rawValue)", "data.text=book.txt", "training.seed=9"])
    try configuration.validate()
    let again = try read(configuration.json.text(pretty: true))
    #expect(again == configuration)
    #expect(again.fingerprint == configuration.fingerprint)
    configuration.training.microBatch = 3
    #expect(again.fingerprint == configuration.fingerprint && again.differences(from: configuration).isEmpty)
    configuration.optimizer.beta1 = 0.8
    #expect(again.fingerprint != configuration.fingerprint)
    #expect(again.differences(from: configuration) == ["optimizer.beta1"])
  }

  @Test(arguments: ["gpt2", "llama", "mistral", "mixtral", "gemma", "gemma3_text", "bert"])
  func architecturesHaveTheirShapes(name: String) throws {
    var model = ModelSettings()
    model.architecture = name
    if ["mistral", "mixtral", "gemma3_text"].contains(name) { model.slidingWindow = 32 }
    let specification = try model.specification(vocabulary: 100)
    #expect(specification.architecture == name)
    #expect((specification.encoder != nil) == (name == "bert"))
    #expect((specification.experts != nil) == (name == "mixtral"))
    #expect(specification.attention.window == model.slidingWindow)
    #expect((specification.normGainOffset == 1) == name.hasPrefix("gemma"))
    #expect((specification.attention.queryKeyNorm == .eachHead) == (name == "gemma3_text"))
    #expect((0..<4).allSatisfy { specification.attention.isLocal(layer: $0) == (model.slidingWindow > 0) })
    #expect(specification.experts?.balancing ?? 0.02 == 0.02)
  }

  @Test func everySettingIsWrittenAndReadOnce() {
    let keys = PretrainConfiguration.settings.map(\.key)
    #expect(Set(keys).count == keys.count)
    for setting in PretrainConfiguration.settings {
      var configuration = PretrainConfiguration()
      #expect(setting.write(setting.read(configuration), &configuration) == nil, "\(setting.key)")
      #expect(configuration == PretrainConfiguration())
      #expect(setting.write(.object([:]), &configuration) != nil, "\(setting.key) takes an object")
    }
  }

  /// What is wrong, and a word that the error must say.
  private static let wrong: [(json: String, assignments: [String], word: String)] = [
    (#"{"optimizer": {"learning_rat": 1}}"#, [], "optimizer.learning_rate"),
    (#"{"learning_rate": 1}"#, [], "optimizer.learning_rate"),
    (#"{"stepz": 1}"#, [], "training.steps"),
    ("{}", ["training.step=3"], "training.steps"),
    ("{}", ["training.steps"], "key=value"),
    ("{}", ["=3"], "key=value"),
    (#"{"training": {"steps": 0}}"#, [], "whole number from 1"),
    (#"{"training": {"steps": 1.5}}"#, [], "whole number"),
    (#"{"training": {"steps": "10"}}"#, [], "whole number"),
    (#"{"optimizer": {"beta1": 1}}"#, [], "number from 0.0"),
    (#"{"optimizer": {"schedule": "linear"}}"#, [], "cosine"),
    (#"{"data": {"cut_documents": 1}}"#, [], "true or false"),
    (#"{"data": {"text": [1]}}"#, [], "string"),
    (#"{"preset": "gpt5"}"#, [], "small-gpt"),
    ("[1]", [], "not an object"),
    (#"{"objective": "maskd"}"#, [], "causal, masked"),
    (#"{"masking": {"probability": 1.5}}"#, [], "number from 0.001"),
    ("{}", ["masking.probability=0"], "number from 0.001"),
    (#"{"model": 3}"#, [], "'model' is 3, not an object"),
    (#"{"training": {"steps": 1, "steps": 2}}"#, [], "occurs twice"),
    (#"{"training": {"steps": 1}, "training.steps": 2}"#, [], "'training.steps' twice"),
    ("{", [], "line"),
  ]

  @Test(arguments: wrong.indices) func wrongFilesAreRefusedInWords(index: Int) throws {
    let (json, assignments, word) = Self.wrong[index]
    let error = #expect(throws: ApusError.self) { try read(json, assignments) }
    #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
    #expect(error?.kind == (assignments.isEmpty ? .badData : .usage))
  }

  /// Values that do not go together, and a word that the error must say.
  private static let contradictions: [(assignments: [String], word: String)] = [
    (["data.text=[]"], "data.text"),
    (["data.shards=x"], "data.shards"),
    (["model.heads=5"], "model.heads"),
    (["model.key_value_heads=2"], "key_value_heads"),
    (["model.architecture=\"llama\"", "model.key_value_heads=3"], "key-value heads"),
    (["model.architecture=t5"], "mixtral"),
    (["model.architecture=bert"], "objective = masked"),
    (["objective=masked"], "bert"),
    (["model.architecture=bert", "objective=masked", "masking.mask_share=0.95"], "exceed 1"),
    (["model.architecture=bert", "objective=masked", "model.context=2"], "model.context"),
    (["model.architecture=bert", "objective=masked", "model.key_value_heads=2"], "key_value_heads"),
    (["model.sliding_window=8"], "sliding_window"),
    (["model.architecture=llama", "model.experts=4"], "model.experts"),
    (["model.architecture=mixtral", "model.experts=4", "model.experts_per_token=5"], "5 of 4 experts"),
    (["optimizer.minimum_learning_rate=2"], "minimum_learning_rate"),
    (["optimizer.warmup_steps=10000"], "warmup_steps"),
    (["training.batch=1000000", "model.context=1048576"], "training.batch"),
    (["optimizer.schedule=wsd", "optimizer.decay_steps=10000"], "decay_steps"),
  ]

  @Test(arguments: contradictions.indices) func contradictionsAreRefusedInWords(index: Int) throws {
    let (assignments, word) = Self.contradictions[index]
    let configuration = try PretrainConfiguration(file: nil, assignments: ["data.text=book.txt"] + assignments)
    let error = #expect(throws: ApusError.self) { try configuration.validate() }
    #expect(error?.kind == .usage)
    #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
  }
}
