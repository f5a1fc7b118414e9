// A sparse mixture of experts (Shazeer et al. 2017; Jiang et al. 2024), put together from its operations: route,
// dispatch, multiply by expert, combine. No token is dropped, whatever the balance, so a token's result depends on
// itself alone.

extension Workspace {
  /// `residual + Σ over a token's experts of weight · down(function(gate(x)) · up(x))`; `[T, D]` → `[T, D]`.
  ///
  /// Only the experts that a token is sent to are computed. Without a tape the sum replaces the residual's values.
  /// - Parameters:
  ///   - x: what router and experts read, `[T, D]`.
  ///   - router: `[E, D]`.
  ///   - gateUp: one `[2F, D]` for each expert: gate, then up.
  ///   - down: one `[D, F]` for each expert.
  ///   - function: of the gate.
  ///   - routing: how many experts a token has, and their weights.
  ///   - residual: what the sum is added to; nil: nothing.
  public func experts(
    _ x: Variable, router: Parameter, gateUp: [Parameter], down: [Parameter], function: ActivationFunction,
    routing: ExpertRouting, residual: Variable? = nil
  ) -> Variable {
    let logits = linear(x, weight: router)
    let (weights, groups) = measured(.experts) { Routing.forward(logits, routing, in: self) }
    let halves = measured(.experts) {
      GroupedLinear.forward(Dispatch.forward(x, groups, in: self), weights: gateUp, groups, in: self)
    }
    let inner = gated(halves, function)
    return measured(.experts) {
      let outputs = GroupedLinear.forward(inner, weights: down, groups, in: self)
      return Combine.forward(outputs, weights: weights, groups, residual: residual, in: self)
    }
  }
}
