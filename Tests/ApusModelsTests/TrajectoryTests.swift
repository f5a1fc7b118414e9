// Twenty steps of training against PyTorch, from files: losses, gradient norms, the first step's gradients and the last
// weights, with whole batches and accumulated from single rows (not with experts, whose balancing is the whole
// batch's). Goes over every folder in the fixtures' layout whose model type is known. Padding of the batches is left
// out of the segments.

import ApusCore
import ApusFormats
import ApusTensor
import ApusTestSupport
import Foundation
import Testing

@testable import ApusModels

@Suite(.serialized) struct TrajectoryTests {
  @Test(arguments: [false, true])
  func trajectoriesAreThoseOfPyTorch(rowByRow: Bool) throws {
    guard let root = Fixtures.folder("training", for: "trajectories") else { return }
    var cases: [String] = []
    for folder in try FileManager.default.contentsOfDirectory(atPath: root.path).sorted() {
      guard let trajectory = try Trajectory(folder: root.appending(path: folder).path) else { continue }
      if try rowByRow && trajectory.initialModel().specification.experts != nil { continue }
      try check(trajectory, rowByRow: rowByRow)
      cases.append(folder)
    }
    print("trajectories\(rowByRow ? " row by row" : ""): \(cases.count) cases: \(cases.joined(separator: ", "))")
  }

  private func check(_ trajectory: Trajectory, rowByRow: Bool) throws {
    let name = "\(trajectory.name)\(rowByRow ? " row by row" : "")"
    let workspace = try TinyModels.workspace()
    let model = try trajectory.initialModel()
    let optimizer = AdamWState(model.parameters)
    for (index, step) in trajectory.steps.enumerated() {
      let loss = try trajectory.accumulate(batch: index, rowByRow: rowByRow, model, workspace)
      let norm = optimizer.gradientNorm(in: workspace)
      #expect(abs(loss - step.loss) < 1e-5, "\(name), step \(index): loss \(loss) is not \(step.loss)")
      #expect(abs(norm - step.norm) < 1e-5 * step.norm, "\(name), step \(index): norm \(norm) is not \(step.norm)")
      if let balance = step.balance {
        let found = workspace.loadBalancingLoss()
        #expect(abs(found - balance) < 1e-5, "\(name), step \(index): load balance \(found) is not \(balance)")
      }
      if index == 0 { try compare(model, \.gradient, trajectory, "grads_step0", 1e-6, 1e-6) }
      optimizer.update(trajectory.update(index, norm: norm), in: workspace)
      model.zeroGradients()
    }
    if let after = trajectory.lossAfter {
      let loss = try trajectory.accumulate(batch: 0, rowByRow: rowByRow, model, workspace)
      #expect(abs(loss - after) < 1e-5, "\(name), after: loss \(loss) is not \(after)")
    }
    try compare(model, \.value, trajectory, "final", 1e-4, 2e-2)
  }

  // Every tensor of a file, in the file's layout; `loose` for the key biases, whose true gradient is zero.
  private func compare(
    _ model: Model, _ tensor: (Parameter) -> Tensor, _ trajectory: Trajectory, _ file: String, _ tolerance: Float,
    _ loose: Float
  ) throws {
    let path = trajectory.folder + "/\(file).safetensors"
    guard FileManager.default.fileExists(atPath: path) else { return }
    let expected = try SafetensorsFile(path)
    let entries = model.weightMap.entries
    #expect(!entries.isEmpty)
    for entry in entries {
      guard let parameter = entry.parameter, let values = try expected.floats(entry.name) else {
        Issue.record("\(trajectory.name): \(file) lacks \(entry.name)")
        continue
      }
      let actual = entry.layOut(tensor(parameter))
      try #require(actual.count == values.count)
      let hasKeyBias = parameter.name.hasSuffix(".qkv.bias")
      let error = zip(actual, values).reduce(0) { max($0, abs($1.0 - $1.1)) }
      #expect(error < (hasKeyBias ? loose : tolerance), "\(trajectory.name), \(file), \(entry.name): off by \(error)")
    }
  }
}

/// One folder of the training fixtures.
struct Trajectory {
  struct Step {
    var rate: Double
    var loss: Double
    var norm: Double
    /// The experts' load-balancing loss, where there is one.
    var balance: Double?
  }

  let name: String
  let folder: String
  let steps: [Step]
  let lossAfter: Double?
  private let tokens: [[[Int32]]]
  private let targets: [[[Int32]]]
  private let types: [[[Int32]]]
  // 1 where a token is none of the padding behind its row.
  private let mask: [[[Int32]]]
  private let betas: [Double]
  private let epsilon: Double
  private let decay: Double
  private let clip: Double
  private let clipEpsilon: Double

  /// Nil where the folder has another layout or a model type that is not known.
  init?(folder: String) throws {
    name = URL(filePath: folder).lastPathComponent
    self.folder = folder
    let files = ["config.json", "init.safetensors", "batches.safetensors", "trajectory.json"]
    guard files.allSatisfy({ FileManager.default.fileExists(atPath: folder + "/" + $0) }) else { return nil }
    let type = try JSON.read(folder + "/config.json")["model_type"]?.string ?? ""
    guard Registry.architectures.contains(where: { $0.modelType == type }) else {
      print("trajectories: skipped \(name), the architecture '\(type)' is not known")
      return nil
    }
    let json = try JSON.read(folder + "/trajectory.json")
    let optimizer = try #require(json["optimizer"])
    guard optimizer["name"]?.string == "AdamW" else { return nil }
    betas = try #require(optimizer["betas"]?.array).compactMap(\.double)
    epsilon = try #require(optimizer["eps"]?.double)
    decay = try #require(optimizer["weight_decay"]?.double)
    clip = try #require(optimizer["clip_grad_norm"]?.double)
    clipEpsilon = try #require(optimizer["clip_eps"]?.double)
    steps = try #require(json["trajectory"]?.array).map {
      Step(
        rate: try #require($0["lr"]?.double), loss: try #require($0["loss"]?.double),
        norm: try #require($0["grad_norm"]?.double), balance: $0["aux_loss"]?.double)
    }
    lossAfter = json["after"]?["loss_on_batch0_after"]?.double
    let batches = try SafetensorsFile(folder + "/batches.safetensors")
    tokens = try batches.rows("input_ids")
    targets = try batches.rows("targets")
    types = batches.tensor("token_type_ids") == nil ? [] : try batches.rows("token_type_ids")
    mask = batches.tensor("attention_mask") == nil ? [] : try batches.rows("attention_mask")
  }

  /// One row of a batch without its padding.
  private func row(_ row: Int, ofBatch index: Int) throws -> (tokens: [Int32], targets: [Int32], types: [Int32]) {
    let count = mask.isEmpty ? tokens[index][row].count : mask[index][row].reduce(0) { $0 + Int($1) }
    try #require(mask.isEmpty || mask[index][row].prefix(count).allSatisfy { $0 == 1 })
    let types = self.types.isEmpty ? [] : Array(self.types[index][row].prefix(count))
    return (Array(tokens[index][row].prefix(count)), Array(targets[index][row].prefix(count)), types)
  }

  func initialModel() throws -> Model {
    let (architecture, specification) = try CheckpointFolder.configuration(folder + "/config.json")
    let weights = try SafetensorsFile(folder + "/init.safetensors")
    return try CheckpointFolder.load(specification, architecture, from: weights.storedTensors)
  }

  /// Accumulates the gradients of the mean loss of one batch and returns that loss.
  func accumulate(batch index: Int, rowByRow: Bool, _ model: Model, _ workspace: Workspace) throws -> Double {
    let rows = try tokens[index].indices.map { try row($0, ofBatch: index) }
    var whole = PackedBatch(sequences: rows.map(\.tokens), targets: rows.map(\.targets))
    whole.types = rows.flatMap(\.types)
    let scale = 1 / Float(whole.validTargets)
    guard rowByRow else {
      return try model.trainingLoss(whole, in: workspace, scale: scale) / Double(whole.validTargets)
    }
    var sum = 0.0
    for row in rows {
      var part = PackedBatch(sequences: [row.tokens], targets: [row.targets])
      part.types = row.types
      sum += try model.trainingLoss(part, in: workspace, scale: scale)
    }
    return sum / Double(whole.validTargets)
  }

  func update(_ index: Int, norm: Double) -> AdamWStep {
    AdamWStep(
      step: index + 1, learningRate: steps[index].rate, gradientScale: min(1, clip / (norm + clipEpsilon)),
      beta1: betas[0], beta2: betas[1], epsilon: epsilon, weightDecay: decay)
  }
}
