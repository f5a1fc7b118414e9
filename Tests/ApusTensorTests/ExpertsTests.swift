// The mixture of experts against its slow twin: outputs, losses, gradients; and what its choices leave open.

import ApusCore
import Testing

@testable import ApusTensor

@Suite struct ExpertsTests {
  typealias Shape = ReferenceExperts.Shape

  static let shapes = [
    Shape(),
    Shape(normalises: false),
    Shape(tokens: 1, ranks: 1),
    Shape(ranks: 1, normalises: false, function: .geluErf),
    Shape(tokens: 9, width: 4, experts: 3, ranks: 3),
    Shape(tokens: 12, experts: 5, ranks: 2, avoided: 1),
    Shape(tokens: 11, width: 19, inner: 17, experts: 16, ranks: 5, normalises: false, layers: 1),
    Shape(tokens: 3, experts: 1, ranks: 1),
  ]

  private func close(_ found: [Float], _ wanted: [Double], within limit: Double) -> Bool {
    let size = wanted.reduce(1e-3) { max($0, abs($1)) }
    return found.count == wanted.count && zip(found, wanted).allSatisfy { abs(Double($0) - $1) <= limit * size }
  }

  @Test(arguments: shapes, Kernels.available.map(\.name))
  func outputsAndLossesAgreeWithTheTwin(shape: Shape, kernels: String) throws {
    let model = ExpertModel(ReferenceExperts(shape, seed: 5))
    let workspace = try ExpertModel.workspace(Kernels.named(kernels))
    let expected = model.reference.forward()
    let output = try model.output(in: workspace)
    #expect(close(output, expected.output, within: 3e-6))
    let trained = try model.train(balancing: 0, in: workspace)
    #expect(trained.output == output, "the tape changes nothing")
    #expect(abs(trained.balance - expected.balance) < 1e-6 * expected.balance)
  }

  @Test(arguments: shapes)
  func gradientsAgreeWithDifferences(shape: Shape) throws {
    let balancing: Float = 0.75
    let model = ExpertModel(ReferenceExperts(shape, seed: 5))
    let numeric = Dictionary(
      uniqueKeysWithValues: model.reference.names.map { name in
        (name, model.reference.directions(name).map { ($0, model.reference.derivative(name, $0)) })
      })
    for kernels in Kernels.available {
      for factor in [nil, balancing] {
        model.zeroGradients()
        try model.train(balancing: factor, in: try ExpertModel.workspace(kernels))
        for (name, gradient) in model.gradients {
          let size = gradient.reduce(0.1) { max($0, abs($1)) } * Float(gradient.count).squareRoot()
          for (direction, slopes) in numeric[name] ?? [] {
            let found = zip(gradient, direction).reduce(0.0) { $0 + Double($1.0) * $1.1 }
            let expected = slopes.linear + Double(factor ?? 0) * slopes.balance
            #expect(abs(found - expected) < 3e-6 * Double(size), "\(name), \(kernels.name), \(factor ?? 0)")
          }
        }
      }
    }
  }

  @Test func balancingPullsAtEveryRouter() throws {
    let model = ExpertModel(ReferenceExperts(Shape(), seed: 5))
    let workspace = try ExpertModel.workspace()
    try model.train(in: workspace)
    let plain = model.gradients
    model.zeroGradients()
    try model.train(balancing: 1, in: workspace)
    let balanced = model.gradients
    for layer in 0..<2 { #expect(plain["\(layer).router"] != balanced["\(layer).router"]) }
    #expect(plain["1.down.0"] == balanced["1.down.0"], "experts get no other gradient")
  }

  @Test func onlyExpertsWithTokensHaveGradients() throws {
    let model = ExpertModel(ReferenceExperts(Shape(tokens: 12, experts: 5, avoided: 1), seed: 5))
    try model.train(in: try ExpertModel.workspace())
    let x = model.reference.values["x"] ?? []
    let used = Set(
      stride(from: 0, to: x.count, by: 6).flatMap { model.reference.route(Array(x[$0..<$0 + 6]), 0).chosen })
    #expect(!used.contains(1) && used.count > 2)
    for expert in 0..<5 {
      let gradient = try model.parameter("0.gateUp.\(expert)").gradient.values
      #expect(gradient.contains { $0 != 0 } == used.contains(expert))
    }
  }

  @Test func ofEquallyProbableExpertsTheFirstAreChosen() throws {
    let workspace = try ExpertModel.workspace()
    workspace.begin(PackedBatch(sequence: [0, 0, 0]), recording: false)
    let logits = Tensor(rows: 3, columns: 5, values: [1, 1, 1, 1, 1, 0, 2, 0, 2, 2, 3, 0, 0, 0, 1])
    let routing = ExpertRouting(expertsPerToken: 3, normalisesWeights: true)
    let (weights, groups) = Routing.forward(Variable(value: logits, slot: -1), routing, in: workspace)
    #expect((0..<9).map { groups.chosen[$0] } == [0, 1, 2, 1, 3, 4, 0, 4, 1])
    #expect((0..<6).allSatisfy { abs(weights.value.pointer[$0] - 1 / 3) < 1e-6 })
  }

  @Test func groupsAreAStableSort() throws {
    var state: UInt64 = 3
    let arena = Arena()
    for (tokens, ranks, experts) in [(0, 2, 4), (1, 1, 1), (50, 3, 8), (200, 2, 33)] {
      let groups = ExpertGroups(tokens: tokens, ranks: ranks, experts: experts, in: arena)
      for token in 0..<tokens {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        // Distinct experts of each token.
        for rank in 0..<ranks { groups.chosen[token * ranks + rank] = Int32((Int(state >> 40) + rank * 3) % experts) }
      }
      groups.group()
      let sorted = (0..<groups.rowCount).sorted { (groups.chosen[$0], $0) < (groups.chosen[$1], $1) }
      for (row, route) in sorted.enumerated() {
        #expect(groups.rows[route] == row && groups.tokens[row] == route / ranks)
        #expect(groups.rows(of: Int(groups.chosen[route])).contains(row))
      }
      #expect((0..<experts).reduce(0) { $0 + groups.rows(of: $1).count } == groups.rowCount)
    }
  }

  @Test func whatIsNoNumberStaysWithItsToken() throws {
    var reference = ReferenceExperts(Shape(), seed: 5)
    let expected = try ExpertModel(reference).output(in: try ExpertModel.workspace())
    let width = reference.shape.width
    for bad in [Double.nan, .infinity] {
      reference.values["x"]?[3 * width + 2] = bad
      let model = ExpertModel(reference)
      let workspace = try ExpertModel.workspace()
      let output = try model.output(in: workspace)
      #expect(output[3 * width + 2].isFinite == false)
      #expect(output.indices.allSatisfy { $0 / width == 3 || output[$0] == expected[$0] })
      try model.train(balancing: 1, in: workspace)
      #expect(!workspace.loadBalancingLoss().isFinite)
    }
  }

  @Test func balanceIsNotCollectedUnlessAskedFor() throws {
    let model = ExpertModel(ReferenceExperts(Shape(), seed: 5))
    let workspace = try ExpertModel.workspace()
    #expect(try model.train(in: workspace).balance == 0)
    #expect(try model.train(balancing: 0, in: workspace).balance > 1)
    workspace.begin(PackedBatch(sequence: [0]), recording: true, loadBalancing: 1)
    #expect(workspace.loadBalancingLoss() == 0, "a pass without experts")
  }
}
