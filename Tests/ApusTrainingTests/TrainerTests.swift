import ApusCore
import ApusModels
import ApusTensor
import Testing

@testable import ApusTraining

/// A tiny model, and text of 40 short documents that can be learnt. BERT is trained on masks, the others on next
/// tokens.
struct TinyTraining {
  var configuration: PretrainConfiguration
  let corpus: TokenCorpus

  init(_ architecture: String = "gpt2") {
    var configuration = PretrainConfiguration()
    configuration.model.architecture = architecture
    configuration.objective = architecture == "bert" ? .masked : .causal
    configuration.model.layers = 2
    configuration.model.heads = 2
    configuration.model.width = 16
    configuration.model.context = 12
    configuration.training.batch = 6
    configuration.training.steps = 30
    configuration.optimizer.learningRate = 2e-2
    configuration.optimizer.minimumLearningRate = 1e-3
    configuration.optimizer.warmupSteps = 3
    self.configuration = configuration
    var tokens: [Int32] = []
    var ends: [Int] = []
    for document in 0..<40 {
      tokens += (0..<5 + document % 13).map { Int32(1 + ($0 * 3 + document) % 17) } + [0]
      ends.append(tokens.count)
    }
    corpus = TokenCorpus(
      tokens, documentEnds: ends, identity: CorpusIdentity(vocabularySize: 18, endOfText: 0))
  }

  func trainer(threads: Int = 2) throws -> Trainer {
    let workspace = Workspace(pool: ThreadPool(threads: threads), kernels: try Kernels.select())
    // Three ids more, for the mask and what frames sequences.
    let vocabulary = configuration.objective == .masked ? 21 : 18
    let model = try Model(specification: configuration.model.specification(vocabulary: vocabulary), seed: 5)
    let objective = try Objective(configuration) { () throws(ApusError) in MaskedVocabulary(size: vocabulary) }
    return try Trainer(
      model, corpus: corpus, objective: objective, configuration: configuration, workspace: workspace)
  }
}

extension Trainer {
  /// All weights and moments, as bits.
  var bits: [[UInt32]] {
    (model.parameters.map(\.value) + optimizer.state.means + optimizer.state.squares).map {
      $0.values.map(\.bitPattern)
    }
  }

  /// Steps until `count` are done; the loss of each.
  func losses(to count: Int) throws -> [Double] {
    var losses: [Double] = []
    while progress.step < count, let report = try next() { losses.append(report.loss) }
    return losses
  }
}

@Suite struct TrainerTests {
  @Test(arguments: ["gpt2", "llama", "gemma"]) func aTinyModelLearns(architecture: String) throws {
    var tiny = TinyTraining(architecture)
    tiny.configuration.training.steps = 80
    let losses = try tiny.trainer().losses(to: 80)
    #expect(losses.count == 80)
    #expect(losses[0] > 2.7 && losses[0] < 3.1, "ln 18 is 2.89")
    #expect(losses[79] < 1.2, "after 80 steps the loss is \(losses[79])")
  }

  @Test func aTinyMixtureLearnsWithAllItsExperts() throws {
    var tiny = TinyTraining("mixtral")
    tiny.configuration.training.steps = 80
    tiny.configuration.training.microBatch = 2
    let trainer = try tiny.trainer()
    var reports: [StepReport] = []
    while let report = try trainer.next() { reports.append(report) }
    #expect(reports.count == 80 && reports[79].loss < 1.2, "after 80 steps the loss is \(reports[79].loss)")
    // Two experts a token: 2 where all are used alike, 8 where always the same two are. Not once for each micro-batch.
    let balances = reports.compactMap(\.loadBalancing)
    #expect(balances.count == 80 && balances.allSatisfy { $0 > 1.9 && $0 < 4 }, "\(balances)")
    #expect(reports[79].json["load_balancing_loss"]?.double == balances[79])
  }

  @Test func aTinyEncoderLearns() throws {
    var tiny = TinyTraining("bert")
    tiny.configuration.training.steps = 500
    tiny.configuration.training.batch = 16
    tiny.configuration.model.width = 64
    tiny.configuration.optimizer.learningRate = 2e-3
    tiny.configuration.optimizer.warmupSteps = 50
    let losses = try tiny.trainer().losses(to: 500)
    #expect(losses[0] > 2.8 && losses[0] < 3.3, "ln 21 is 3.04")
    let last = losses.suffix(20).reduce(0, +) / 20
    #expect(last < 1.6, "after 500 steps the loss is \(last)")
  }

  @Test(arguments: ["gpt2", "llama", "bert", "mixtral", "gemma"]) func threadsChangeNoBit(architecture: String) throws {
    var tiny = TinyTraining(architecture)
    tiny.configuration.model.dropout = 0.1
    let trainers = try [1, 2, 3].map { try tiny.trainer(threads: $0) }
    let losses = try trainers.map { try $0.losses(to: 12) }
    #expect(losses[0] == losses[1] && losses[0] == losses[2])
    #expect((trainers[0].bits == trainers[1].bits && trainers[0].bits == trainers[2].bits) == true)
  }

  /// Tied is the harder case: the embedding and the output projection add to one matrix.
  @Test(arguments: ["gpt2", "llama", "bert", "gemma"], [true, false])
  func microBatchesChangeNoBit(architecture: String, tied: Bool) throws {
    var tiny = TinyTraining(architecture)
    tiny.configuration.model.dropout = 0.1
    tiny.configuration.model.tieEmbeddings = tied
    var results: [(losses: [Double], bits: [[UInt32]])] = []
    for (rows, threads) in [(0, 2), (1, 1), (2, 3), (3, 2), (4, 2)] {
      tiny.configuration.training.microBatch = rows
      let trainer = try tiny.trainer(threads: threads)
      results.append((try trainer.losses(to: 12), trainer.bits))
    }
    for result in results.dropFirst() {
      #expect(result.losses == results[0].losses)
      #expect((result.bits == results[0].bits) == true)
    }
  }

  /// 40 documents make 37 rows of 12, of 10 framed more, so 30 steps of 6 rows cross four borders of epochs.
  @Test(arguments: ["gpt2", "bert", "mixtral", "gemma"], [1, 6, 7, 29])
  func continuingChangesNoBit(architecture: String, step: Int) throws {
    var tiny = TinyTraining(architecture)
    tiny.configuration.model.dropout = 0.1
    let whole = try tiny.trainer()
    #expect(whole.rowsPerEpoch < 90)
    let losses = try whole.losses(to: 30)
    let first = try tiny.trainer()
    _ = try first.losses(to: step)
    let second = try tiny.trainer()
    for (target, source) in zip(second.model.parameters, first.model.parameters) {
      target.value.copyValues(from: source.value)
    }
    for (target, source) in zip(second.optimizer.state.means, first.optimizer.state.means) {
      target.copyValues(from: source)
    }
    for (target, source) in zip(second.optimizer.state.squares, first.optimizer.state.squares) {
      target.copyValues(from: source)
    }
    second.progress = first.progress
    #expect(try second.losses(to: 30) == Array(losses[step...]))
    #expect((second.bits == whole.bits) == true)
  }

  @Test func divergenceStopsBeforeTheWeightsChange() throws {
    let trainer = try TinyTraining().trainer()
    _ = try trainer.losses(to: 4)
    trainer.model.parameters[3].value.withMutableValues { $0[0] = .nan }
    let before = trainer.bits
    let error = #expect(throws: ApusError.self) { try trainer.next() }
    #expect(error?.kind == .badData && error?.place == "step 5")
    #expect(error?.description.contains("diverged") == true)
    #expect((trainer.bits == before) == true)
    #expect(trainer.progress.step == 4)
  }

  @Test func anAbandonedStepLeavesNoTrace() throws {
    var tiny = TinyTraining()
    tiny.configuration.training.microBatch = 2
    let (whole, stopped) = (try tiny.trainer(), try tiny.trainer())
    let losses = try whole.losses(to: 8)
    _ = try stopped.losses(to: 4)
    let before = stopped.bits
    // Forward and backward of each block and of the loss ask, so there are far more than twenty places.
    for place in [1, 2, 3, 5, 8, 13, 20] {
      var checks = 0
      stopped.workspace.check = { () throws(ApusError) in
        checks += 1
        if checks == place { throw ApusError(.interrupted, "interrupted") }
      }
      let error = #expect(throws: ApusError.self) { try stopped.next() }
      #expect(error?.kind == .interrupted && checks == place)
      #expect((stopped.bits == before) == true)
      #expect(stopped.progress.step == 4)
    }
    stopped.workspace.check = {}
    #expect(try stopped.losses(to: 8) == Array(losses[4...]))
    #expect((stopped.bits == whole.bits) == true)
  }

  @Test func clippingLimitsTheNorm() throws {
    let optimizer = AdamW([], OptimizerSettings())
    #expect(optimizer.clipping(norm: 0.5) == 1)
    #expect(abs(optimizer.clipping(norm: 4) - 0.25) < 1e-6)
    var settings = OptimizerSettings()
    settings.gradientClip = 0
    #expect(AdamW([], settings).clipping(norm: 1e9) == 1)
  }

  @Test func aForeignCorpusIsRefused() throws {
    let tiny = TinyTraining()
    let model = try Model(specification: tiny.configuration.model.specification(vocabulary: 17), seed: 1)
    let error = #expect(throws: ApusError.self) {
      try Trainer(model, corpus: tiny.corpus, configuration: tiny.configuration, workspace: Workspace())
    }
    #expect(error?.kind == .badData)
  }
}
