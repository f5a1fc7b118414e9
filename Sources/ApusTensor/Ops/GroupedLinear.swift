// The linear layers of a mixture of experts: each expert's weight times the rows that were sent to it, and no others.
// An expert's rows are in token order, so its weight's gradient is a sum over the tokens in order, as that of any
// linear layer.

/// y[row] = x[row] Wᵀ with the weight of the row's expert; [T k, D] → [T k, N].
struct GroupedLinear {
  let weights: [Parameter]
  let groups: ExpertGroups
  let input: Variable
  let output: Variable

  static func forward(
    _ input: Variable, weights: [Parameter], _ groups: ExpertGroups, in workspace: Workspace
  ) -> Variable {
    precondition(weights.count == groups.experts, "\(weights.count) weights for \(groups.experts) experts")
    let x = input.value
    let y = workspace.arena.allocate(rows: x.rows, columns: weights[0].rows)
    groups.forEachExpert { expert, rows in
      let product = MatrixProduct.Job(rows: x.rows(rows), times: y.columns, into: y.rows(rows))
      workspace.products.multiply(product, byTransposeOf: weights[expert])
    }
    let output = workspace.tape.variable(y)
    workspace.tape.append(
      .groupedLinear(GroupedLinear(weights: weights, groups: groups, input: input, output: output)))
    return output
  }

  func backward(in workspace: Workspace) {
    guard let dy = workspace.tape.takeGradient(of: output) else { return }
    let x = input.value
    let (dx, accumulate) = workspace.tape.gradient(of: input)
    groups.forEachExpert { expert, rows in
      workspace.products.multiply(
        dy.rows(rows), by: weights[expert].value, into: dx.rows(rows), accumulate: accumulate)
      workspace.accumulateWeightGradient(weights[expert], bias: nil, dy: dy.rows(rows), x: x.rows(rows))
    }
    workspace.tape.pool.giveBack(dy)
  }
}
