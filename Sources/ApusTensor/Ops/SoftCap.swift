// The soft cap of Gemma 2's logits (Bello et al. 2016): they keep their order and never exceed the cap. That of
// attention scores is inside the attention kernel.

import CApusKernels

/// y = cap · tanh(x / cap), in place.
struct SoftCap {
  let cap: Float

  /// Nil for 0, which means that nothing is capped.
  init?(_ cap: Float) {
    guard cap > 0 else { return nil }
    self.cap = cap
  }

  func apply(_ x: UnsafeMutablePointer<Float>, count: Int, _ kernels: Kernels) {
    kernels.table.pointee.scale(x, 1 / cap, x, count)
    kernels.table.pointee.tanh(x, x, count)
    kernels.table.pointee.scale(x, cap, x, count)
  }

  /// dx = dy (1 − (y / cap)²), in place of dy.
  func backward(_ y: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>, count: Int) {
    for index in 0..<count {
      let relative = y[index] / cap
      gradient[index] *= 1 - relative * relative
    }
  }
}
