// A linear layer's weights.

import ApusTensor

/// A weight `[out, in]` and perhaps a bias `[1, out]`.
struct Projection: Sendable {
  let weight: Parameter
  let bias: Parameter?
}
