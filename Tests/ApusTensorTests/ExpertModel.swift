// The layers of a ReferenceExperts as parameters, computed by the workspace.

import ApusCore
import Testing

@testable import ApusTensor

struct ExpertModel {
  let reference: ReferenceExperts
  let parameters: [String: Parameter]

  var shape: ReferenceExperts.Shape { reference.shape }

  init(_ reference: ReferenceExperts) {
    self.reference = reference
    var parameters: [String: Parameter] = [:]
    for name in reference.names {
      let values = (reference.values[name] ?? []).map { Float($0) }
      let columns = reference.columns(name)
      let tensor = Tensor(rows: values.count / columns, columns: columns, values: values)
      parameters[name] = Parameter(name: name, value: tensor, decays: true)
    }
    self.parameters = parameters
  }

  func parameter(_ name: String) throws -> Parameter { try #require(parameters[name]) }

  /// A batch of some of x's rows.
  private func batch(_ rows: Range<Int>) -> PackedBatch { PackedBatch(sequence: rows.map { Int32($0) }) }

  // x stands in an embedding, so that its gradient can be asked for like that of any parameter.
  private func stream(in workspace: Workspace) throws -> Variable {
    var x = workspace.embedding(EmbeddingTables(tokens: try parameter("x")))
    for layer in 0..<shape.layers {
      let router = try parameter("\(layer).router")
      let (gateUp, down) = (try weights(layer, "gateUp"), try weights(layer, "down"))
      workspace.releasingActivations {
        x = workspace.experts(
          x, router: router, gateUp: gateUp, down: down, function: shape.function, routing: shape.routing, residual: x)
      }
    }
    return x
  }

  private func weights(_ layer: Int, _ name: String) throws -> [Parameter] {
    try (0..<shape.experts).map { try parameter("\(layer).\(name).\($0)") }
  }

  /// The outputs of some rows, without a tape.
  func output(_ rows: Range<Int>? = nil, in workspace: Workspace) throws -> [Float] {
    workspace.begin(batch(rows ?? 0..<shape.tokens), recording: false)
    return try stream(in: workspace).value.values
  }

  /// Adds the gradients of the linear loss of some rows, and of `balancing` times the other one; returns the output and
  /// the load-balancing loss.
  @discardableResult
  func train(
    _ rows: Range<Int>? = nil, balancing: Float? = nil, in workspace: Workspace
  ) throws -> (output: [Float], balance: Double) {
    let rows = rows ?? 0..<shape.tokens
    workspace.begin(batch(rows), recording: true, loadBalancing: balancing)
    let output = try stream(in: workspace)
    let (dy, _) = workspace.tape.gradient(of: output)
    let loss = (reference.values["loss"] ?? [])[rows.lowerBound * shape.width..<rows.upperBound * shape.width]
    dy.withMutableValues { for (index, value) in zip($0.indices, loss) { $0[index] = Float(value) } }
    let values = output.value.values
    workspace.tape.backward(in: workspace)
    return (values, workspace.loadBalancingLoss())
  }

  var gradients: [String: [Float]] { parameters.mapValues { $0.gradient.values } }

  func zeroGradients() { for parameter in parameters.values { parameter.zeroGradient() } }

  static func workspace(_ kernels: Kernels? = nil, threads: Int = 2) throws -> Workspace {
    Workspace(pool: ThreadPool(threads: threads), kernels: try kernels ?? Kernels.select())
  }
}
