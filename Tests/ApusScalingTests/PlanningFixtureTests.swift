// Plans and costs against results computed elsewhere (SciPy): fixtures/scaling. Skipped where they are absent; what
// matters most is tested without them in PlanningTests and CostTests.

import ApusCore
import ApusScaling
import ApusTestSupport
import Foundation
import Testing

@Suite struct PlanningFixtureTests {
  private static let laws: [String: ParametricLaw] = [
    "hoffmann_rounded": LawLibrary.chinchilla3Rounded, "hoffmann_tex": LawLibrary.chinchilla3,
    "besiroglu_published": LawLibrary.replication, "muennighoff_c4": LawLibrary.repeated.base,
  ]

  /// The fixture file that has `key`, whatever it is called.
  private static func read(having key: String, for test: String) throws -> JSON.Reader? {
    guard let folder = Fixtures.folder("scaling", for: test) else { return nil }
    for name in try FileSystem.list(folder.path) where name.hasSuffix(".json") {
      let reader = try JSON.Reader(JSON.read(folder.appending(path: name).path), file: name)
      if reader.has(key) { return reader }
    }
    print("\(test): skipped, no fixture has '\(key)'")
    return nil
  }

  private static func cases(_ reader: JSON.Reader, _ key: String) throws -> [JSON.Reader] {
    try (reader.array(key) ?? []).map { try JSON.Reader($0) }
  }

  @Test func budgetsAreSpentAsElsewhere() throws {
    guard let file = try Self.read(having: "compute_optimal", for: "compute-optimal"),
      let optima = try file.object("compute_optimal")
    else { return }
    var count = 0
    for name in optima.object.keys {
      let law = try #require(Self.laws[name])
      for row in try Self.cases(optima, name) {
        let best = law.optimum(compute: try row.requiredDouble("C"))
        #expect(abs(best.parameters / (try row.requiredDouble("N")) - 1) < 1e-6)
        #expect(abs(best.tokens / (try row.requiredDouble("D")) - 1) < 1e-6)
        let loss = law.loss(parameters: best.parameters, tokens: best.tokens)
        #expect(abs(loss - (try row.requiredDouble("loss"))) < 1e-6)
        count += 1
      }
    }
    print("compute-optimal: \(count) cases")
  }

  @Test func publishedTablesAndTheirPowerLaws() throws {
    guard let file = try Self.read(having: "table3_approach1", for: "published tables") else { return }
    for (key, table, law) in [
      ("table3_approach1", PublishedTable.approach1, LawLibrary.chinchilla1 as FrontierLaw?),
      ("tableA3_approach2", .approach2, LawLibrary.chinchilla2), ("tableA3_approach3", .approach3, nil),
    ] {
      let published = try #require(try file.object(key))
      let rows = try Self.cases(published, "rows")
      for (row, own) in zip(rows, table.rows) {
        #expect(try row.requiredDouble("N") == own.parameters && row.requiredDouble("C") == own.compute)
        #expect(abs(try row.requiredDouble("D") / own.tokens - 1) < 1e-12)
      }
      #expect(rows.count == table.rows.count)
      if let law, let fit = try published.object("loglog_fit") {
        #expect(abs(law.exponent - (try fit.requiredDouble("a"))) < 1e-9)
        #expect(abs(law.coefficient / (try fit.requiredDouble("coef")) - 1) < 1e-9)
      }
    }
  }

  @Test func lifetimeCosts() throws {
    guard let file = try Self.read(having: "inference_aware", for: "inference-aware") else { return }
    let rows = try Self.cases(file, "inference_aware")
    for row in rows {
      let law = try #require(Self.laws[try row.requiredString("law")])
      let found = try #require(
        LifetimeCost(
          law, loss: try row.requiredDouble("loss"), lifetimeTokens: try row.requiredDouble("D_inf")))
      #expect(abs(found.allocation.parameters / (try row.requiredDouble("N")) - 1) < 1e-5)
      #expect(abs(found.allocation.tokens / (try row.requiredDouble("D")) - 1) < 1e-5)
      #expect(abs(found.cost / (try row.requiredDouble("total")) - 1) < 1e-9)
      #expect(abs(found.saving - (try row.requiredDouble("saving"))) < 1e-7)
    }
    print("inference-aware: \(rows.count) cases")
  }

  @Test func limitedData() throws {
    guard let file = try Self.read(having: "data_constrained", for: "data-constrained") else { return }
    let rows = try Self.cases(file, "data_constrained")
    for row in rows {
      let plan = DataLimit(
        LawLibrary.repeated, compute: try row.requiredDouble("C"), unique: try row.requiredDouble("unique"))
      #expect(abs(plan.allocation.parameters / (try row.requiredDouble("N")) - 1) < 0.005)
      #expect(abs(plan.loss - (try row.requiredDouble("loss"))) < 1e-6)
      #expect(abs(plan.unlimitedLoss - (try row.requiredDouble("loss_unlimited"))) < 1e-6)
    }
    let issue = try #require(try file.object("datablations_issue9"))
    let loss = LawLibrary.repeated.loss(
      parameters: try issue.requiredDouble("N"), tokens: try issue.requiredDouble("D"),
      unique: try issue.requiredDouble("U"))
    #expect(abs(loss - (try issue.requiredDouble("loss"))) < 1e-9)
    print("data-constrained: \(rows.count) cases")
  }

  @Test func givenModels() throws {
    guard let file = try Self.read(having: "overtrain_examples", for: "what-if") else { return }
    for row in try Self.cases(file, "overtrain_examples") {
      for (name, law) in Self.laws {
        let judged = WhatIf(law, parameters: try row.requiredDouble("N"), tokens: try row.requiredDouble("D"))
        #expect(abs(judged.loss - (try row.requiredDouble("loss_\(name)"))) < 1e-9)
        #expect(judged.overhead >= 1 && judged.loss >= judged.bestLoss)
      }
    }
    let llama = try #require(try file.object("llama3"))
    let best = LawLibrary.llama3Rounded.optimum(compute: try llama.requiredDouble("C"))
    #expect(abs(best.tokens / (try llama.requiredDouble("D_from_rounded")) - 1) < 1e-9)
  }

  @Test func chinchillasFlopTable() throws {
    guard let file = try Self.read(having: "chinchilla_appendix_F_table_A4", for: "table A4") else { return }
    let rows = try Self.cases(file, "chinchilla_appendix_F_table_A4")
    for row in rows {
      let shape = TransformerShape(
        layers: try row.requiredInt("layers"), width: try row.requiredInt("d_model"),
        heads: try row.requiredInt("heads"), headWidth: try row.requiredInt("kv_size"),
        feedForward: try row.requiredInt("ffw"), isGated: false, vocabulary: 32000)
      let ratio = shape.chinchillaFlopRatio(context: 2048)
      #expect(abs(ratio - (try row.requiredDouble("tableA4_reproduced"))) < 1e-3)
      #expect(abs(ratio - (try row.requiredDouble("published_ratio"))) < 0.0075)
    }
    #expect(rows.count == 6)
    print("table A4: \(rows.count) rows")
  }

  @Test func countsOfPublishedModelsAreExact() throws {
    guard let file = try Self.read(having: "models", for: "counts"), let models = try file.object("models")
    else { return }
    for name in models.object.keys {
      let model = try #require(try models.object(name))
      let shape = try Self.shape(try #require(try model.object("config")))
      let context = 4096.0
      for (key, own) in [
        ("total", shape.parameters), ("active", shape.activeParameters), ("head", shape.headParameters),
        ("embedding", shape.embeddingParameters + shape.positions * shape.width),
        ("nonembedding", shape.nonEmbeddingParameters), ("active_nonembedding", shape.activeNonEmbeddingParameters),
        ("kv_bytes_per_token_bf16", shape.cacheBytes()),
        ("train_flops_per_token_s4096", Int(shape.trainingFlops(.full, context: context))),
        ("train_flops_per_token_s4096_causal", Int(shape.trainingFlops(.causal, context: context))),
        ("palm_6N_12LHQT", Int(shape.trainingFlops(.palm, context: context))),
      ] {
        #expect(Double(own) == (try model.requiredDouble(key)), "\(name) \(key)")
      }
    }
    print("counts: \(models.object.count) models")
  }

  private static func shape(_ config: JSON.Reader) throws -> TransformerShape {
    let experts = try config.int("E").map {
      TransformerShape.Experts(count: $0, active: try config.requiredInt("k"))
    }
    var shape = TransformerShape(
      layers: try config.requiredInt("L"), width: try config.requiredInt("d"), heads: try config.requiredInt("h"),
      keyValueHeads: try config.requiredInt("kv"), headWidth: try config.requiredInt("dh"),
      feedForward: try config.int("moe_ff") ?? config.requiredInt("ff"),
      isGated: try config.bool("gated", default: true), vocabulary: try config.requiredInt("V"),
      isTied: try config.bool("tied", default: false), experts: experts)
    shape.positions = try config.int("pos", default: 0)
    shape.hasBiases = try config.bool("bias", default: false)
    shape.hasQueryBiases = try config.bool("qkv_bias", default: false)
    shape.hasNormBiases = try config.string("norm", default: "rms") == "ln"
    shape.hasHeadNorms = try config.bool("qk_norm", default: false)
    return shape
  }

  /// Step Law's advice, looked up on grids of real runs: the nearest run loses 0.07 % (median), 0.31 % (most).
  @Test func stepLawsAdviceLosesLittleOnRealGrids() throws {
    guard let folder = Fixtures.folder("scaling", for: "Step Law") else { return }
    let path = folder.deletingLastPathComponent().deletingLastPathComponent().appending(
      path: "data/scaling/steplaw_dense_lr_bs.csv"
    ).path
    guard FileManager.default.fileExists(atPath: path) else { return print("Step Law: skipped, no data") }
    let lines = String(decoding: try FileSystem.readAll(path), as: UTF8.self).split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let names = try #require(lines.first)
    func column(_ name: String) throws -> Int { try #require(names.firstIndex(of: name)) }
    let (n, d, rate, batch) = try (column("N"), column("D"), column("lr"), column("bs"))
    let loss = try column("smooth loss")
    let runs = lines.dropFirst().compactMap { row -> (key: [Double], rate: Double, batch: Double, loss: Double)? in
      guard let n = Double(row[n]), let d = Double(row[d]), let rate = Double(row[rate]),
        let batch = Double(row[batch]), let loss = Double(row[loss])
      else { return nil }
      return ([n, d], rate, batch, loss)
    }
    var excesses: [Double] = []
    for (key, group) in Dictionary(grouping: runs, by: \.key) {
      let advice = Hyperparameters.stepLaw(key[0], key[1])
      let (eta, sequences) = (advice.learningRate ?? 0, (advice.batchTokens ?? 0) / 2048)
      func distance(_ run: (key: [Double], rate: Double, batch: Double, loss: Double)) -> Double {
        let (a, b) = (Double.log(run.rate / eta), Double.log(run.batch / sequences))
        return a * a + b * b
      }
      let nearest = try #require(group.min { distance($0) < distance($1) })
      excesses.append(nearest.loss / (group.map(\.loss).min() ?? 0) - 1)
    }
    excesses.sort()
    print(
      "Step Law: \(excesses.count) grids, median excess \(excesses[excesses.count / 2]), most \(excesses.last ?? 0)")
    #expect(excesses[excesses.count / 2] < 0.001 && (excesses.last ?? 1) < 0.0035)
  }
}
