// The norms of one half of a block and its way into the residual stream: what the half reads, what it adds, and the
// stream after it has been added may each be normalised.

import ApusTensor

/// The norms of one half of a block; each may be absent.
struct SublayerNorms: Sendable {
  /// Of what the half reads.
  var input: NormWeights?
  /// Of what the half adds.
  var output: NormWeights?
  /// Of the residual stream when the half has been added.
  var residual: NormWeights?
}

extension Workspace {
  /// What a half reads.
  func read(_ x: Variable, _ norms: SublayerNorms) -> Variable {
    norms.input.map { norm(x, $0) } ?? x
  }

  /// The residual stream with `projection(x)` added, and what dropout and norms do on the way.
  func add(_ x: Variable, _ projection: Projection, to residual: Variable, _ norms: SublayerNorms, site: UInt32)
    -> Variable
  {
    guard hasDropout || norms.output != nil else {
      return finish(linear(x, weight: projection.weight, bias: projection.bias, residual: residual), norms)
    }
    return add(linear(x, weight: projection.weight, bias: projection.bias), to: residual, norms, site: site)
  }

  /// The residual stream with `y` added, and what dropout and norms do on the way.
  func add(_ y: Variable, to residual: Variable, _ norms: SublayerNorms, site: UInt32) -> Variable {
    let y = norms.output.map { norm(y, $0, replacing: true) } ?? y
    let sum = hasDropout ? dropout(y, residual: residual, site: site) : sum(y, residual: residual)
    return finish(sum, norms)
  }

  private func finish(_ x: Variable, _ norms: SublayerNorms) -> Variable {
    norms.residual.map { norm(x, $0, replacing: true) } ?? x
  }
}
