// The router of a mixture of experts: probabilities of all experts, the most probable ones of each token, and the
// weights that their outputs get. Which experts are chosen has no derivative; their probabilities have.

import CApusKernels

/// weights[t, r] = probability of token t's expert of rank r, perhaps over their sum; logits [T, E] → [T, k]. The
/// logits' values become the probabilities.
struct Routing {
  let routing: ExpertRouting
  let input: Variable
  let output: Variable
  let groups: ExpertGroups

  static func forward(
    _ logits: Variable, _ routing: ExpertRouting, in workspace: Workspace
  ) -> (weights: Variable, groups: ExpertGroups) {
    let p = logits.value
    let ranks = routing.expertsPerToken
    precondition(ranks >= 1 && ranks <= p.columns, "\(ranks) of \(p.columns) experts")
    let weights = workspace.arena.allocate(rows: p.rows, columns: ranks)
    let groups = ExpertGroups(tokens: p.rows, ranks: ranks, experts: p.columns, in: workspace.arena)
    let kernels = workspace.kernels
    workspace.forRows(p.rows, width: 16 * p.columns) { rows in
      kernels.table.pointee.softmax(p.row(rows.lowerBound), p.row(rows.lowerBound), rows.count, p.columns)
      for row in rows {
        let chosen = groups.chosen + row * ranks
        choose(ranks, of: p.row(row), p.columns, into: chosen)
        weigh(chosen, p.row(row), routing, into: weights.row(row))
      }
    }
    groups.group()
    workspace.balance.add(p, groups)
    let output = workspace.tape.variable(weights)
    workspace.tape.append(.routing(Routing(routing: routing, input: logits, output: output, groups: groups)))
    return (output, groups)
  }

  func backward(in workspace: Workspace) {
    let dWeights = workspace.tape.takeGradient(of: output)
    let balance = workspace.balance.coefficient == nil ? nil : workspace.balance
    guard dWeights != nil || balance != nil else { return }
    let p = input.value
    let slopes = workspace.tape.pool.take(rows: 1, columns: p.columns)
    for expert in 0..<p.columns { slopes.pointer[expert] = balance?.slope(expert: expert) ?? 0 }
    let (dLogits, accumulate) = workspace.tape.gradient(of: input)
    precondition(!accumulate, "the router's logits have one consumer")
    let kernels = workspace.kernels
    workspace.forRows(p.rows, width: 8 * p.columns) { rows in
      for row in rows {
        let d = dLogits.row(row)
        d.update(from: slopes.pointer, count: p.columns)
        if let dWeights { addProbabilityGradient(row, dWeights.row(row), to: d) }
        kernels.table.pointee.softmax_backward(p.row(row), d, d, 1, p.columns)
      }
    }
    workspace.tape.pool.giveBack(slopes)
    if let dWeights { workspace.tape.pool.giveBack(dWeights) }
  }

  // The ids of the `ranks` greatest probabilities in falling order, of equals the first; any ids where they are not
  // numbers.
  private static func choose(
    _ ranks: Int, of p: UnsafePointer<Float>, _ experts: Int, into chosen: UnsafeMutablePointer<Int32>
  ) {
    var held = 0
    for expert in 0..<experts {
      var place = held
      while place > 0 && p[expert] > p[Int(chosen[place - 1])] { place -= 1 }
      guard place < ranks else { continue }
      held = min(held + 1, ranks)
      for later in stride(from: held - 1, to: place, by: -1) { chosen[later] = chosen[later - 1] }
      chosen[place] = Int32(truncatingIfNeeded: expert)
    }
  }

  private static func weigh(
    _ chosen: UnsafePointer<Int32>, _ p: UnsafePointer<Float>, _ routing: ExpertRouting,
    into weights: UnsafeMutablePointer<Float>
  ) {
    let sum = routing.normalisesWeights ? sumOfChosen(chosen, p, routing.expertsPerToken) : 1
    for rank in 0..<routing.expertsPerToken { weights[rank] = p[Int(chosen[rank])] / sum }
  }

  private static func sumOfChosen(_ chosen: UnsafePointer<Int32>, _ p: UnsafePointer<Float>, _ ranks: Int) -> Float {
    (0..<ranks).reduce(0) { $0 + p[Int(chosen[$1])] }
  }

  // dp = dw, or (dw − Σ dw w) / sum where w = p / sum.
  private func addProbabilityGradient(
    _ row: Int, _ dWeights: UnsafePointer<Float>, to dp: UnsafeMutablePointer<Float>
  ) {
    let ranks = routing.expertsPerToken
    let chosen = groups.chosen + row * ranks
    var (mean, sum): (Float, Float) = (0, 1)
    if routing.normalisesWeights {
      let weights = output.value.row(row)
      mean = (0..<ranks).reduce(0) { $0 + dWeights[$1] * weights[$1] }
      sum = Self.sumOfChosen(chosen, input.value.row(row), ranks)
    }
    for rank in 0..<ranks { dp[Int(chosen[rank])] += (dWeights[rank] - mean) / sum }
  }
}
