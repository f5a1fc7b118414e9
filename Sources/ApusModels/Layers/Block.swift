// One block of a transformer: attention and feed-forward, one after the other or side by side (Wang and Komatsuzaki
// 2021).

import ApusTensor

/// The two halves of a block.
struct Block: Sendable {
  let attention: SelfAttention
  let feedForward: FeedForwardLayer
  let parallel: Specification.ParallelHalves

  init(layer: Int, rotary: RotaryTables?, _ factory: ParameterFactory) {
    parallel = factory.specification.parallel
    attention = SelfAttention(layer: layer, rotary: rotary, factory)
    feedForward = FeedForwardLayer(
      layer: layer, sharing: parallel == .sharedNorm ? attention.norms.input : nil, factory)
  }

  /// The residual stream behind the block: [T, D]. Without a tape it takes the place of `x`.
  func callAsFunction(_ x: Variable, in workspace: Workspace) -> Variable {
    let attended = workspace.read(x, attention.norms)
    if parallel == .none {
      let y = attention(attended, addedTo: x, in: workspace)
      return feedForward(workspace.read(y, feedForward.norms), addedTo: y, in: workspace)
    }
    // Both are read before anything is added, for the sum may take the place of what was read.
    let fed = parallel == .sharedNorm ? attended : workspace.read(x, feedForward.norms)
    return feedForward(fed, addedTo: attention(attended, addedTo: x, in: workspace), in: workspace)
  }
}
