// The slow twin of the mixture of experts: in double precision, every token by itself, every expert looked at.

import ApusTensor
import Foundation
import Testing

/// Layers of experts, each added to the stream that it reads; with a fixed linear function of the last one's output as
/// loss.
struct ReferenceExperts {
  /// The size of a case.
  struct Shape: Sendable, CustomTestStringConvertible {
    var tokens = 7
    var width = 6
    var inner = 5
    var experts = 4
    var ranks = 2
    var normalises = true
    var function = ActivationFunction.silu
    var layers = 2
    /// An expert that no token is sent to.
    var avoided: Int?

    var routing: ExpertRouting { ExpertRouting(expertsPerToken: ranks, normalisesWeights: normalises) }
    var testDescription: String {
      "\(tokens) tokens, \(ranks) of \(experts) experts, normalises \(normalises), \(function), \(layers) layers"
    }
  }

  let shape: Shape
  /// `x` [T, D], `loss` [T, D], and for each layer `0.router` [E, D], `0.gateUp.1` [2F, D], `0.down.1` [D, F].
  var values: [String: [Double]]

  /// Random values; a feature of x that is always 1 keeps the avoided expert's probability low.
  init(_ shape: Shape, seed: UInt64) {
    self.shape = shape
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    func draw(_ count: Int) -> [Double] {
      (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(Float(state >> 40) / Float(1 << 23) - 1)
      }
    }
    let (d, f) = (shape.width, shape.inner)
    values = ["x": draw(shape.tokens * d), "loss": draw(shape.tokens * d)]
    for layer in 0..<shape.layers {
      values["\(layer).router"] = draw(shape.experts * d).map { 2 * $0 }
      for expert in 0..<shape.experts {
        values["\(layer).gateUp.\(expert)"] = draw(2 * f * d)
        values["\(layer).down.\(expert)"] = draw(d * f)
      }
    }
    guard let avoided = shape.avoided else { return }
    for token in 0..<shape.tokens { values["x"]?[token * d] = 1 }
    for layer in 0..<shape.layers { values["\(layer).router"]?[avoided * d] = -60 }
  }

  /// The names of all that has a gradient.
  var names: [String] { values.keys.filter { $0 != "loss" }.sorted() }

  func columns(_ name: String) -> Int { name.contains("down") ? shape.inner : shape.width }

  /// The stream behind the last layer, and the load-balancing loss over all of them.
  func forward() -> (output: [Double], balance: Double) {
    var stream = values["x"] ?? []
    var routes = [Double](repeating: 0, count: shape.experts)
    var probabilities = routes
    for layer in 0..<shape.layers {
      for token in 0..<shape.tokens {
        let range = token * shape.width..<(token + 1) * shape.width
        let x = Array(stream[range])
        let (p, chosen, weights) = route(x, layer)
        for expert in p.indices { probabilities[expert] += p[expert] }
        for (expert, weight) in zip(chosen, weights) {
          routes[expert] += 1
          for (feature, value) in zip(range, feedForward(x, layer, expert)) { stream[feature] += weight * value }
        }
      }
    }
    let count = Double(shape.tokens * shape.layers)
    let balance = zip(routes, probabilities).reduce(0) { $0 + $1.0 / count * $1.1 / count }
    return (stream, Double(shape.experts) * balance)
  }

  /// The linear loss and the load-balancing loss, apart, for only one has a coefficient.
  func losses() -> (linear: Double, balance: Double) {
    let (output, balance) = forward()
    return (zip(output, values["loss"] ?? []).reduce(0) { $0 + $1.0 * $1.1 }, balance)
  }

  func route(_ x: [Double], _ layer: Int) -> (probabilities: [Double], chosen: [Int], weights: [Double]) {
    let logits = product(values["\(layer).router"] ?? [], x)
    let exponentials = logits.map { exp($0 - (logits.max() ?? 0)) }
    let sum = exponentials.reduce(0, +)
    let p = exponentials.map { $0 / sum }
    let chosen = Array(p.indices.sorted { p[$0] > p[$1] || (p[$0] == p[$1] && $0 < $1) }.prefix(shape.ranks))
    let total = shape.normalises ? chosen.reduce(0) { $0 + p[$1] } : 1
    return (p, chosen, chosen.map { p[$0] / total })
  }

  private func feedForward(_ x: [Double], _ layer: Int, _ expert: Int) -> [Double] {
    let both = product(values["\(layer).gateUp.\(expert)"] ?? [], x)
    let inner = (0..<shape.inner).map { activation(both[$0]) * both[shape.inner + $0] }
    return product(values["\(layer).down.\(expert)"] ?? [], inner)
  }

  private func activation(_ x: Double) -> Double {
    shape.function == .silu ? x / (1 + exp(-x)) : 0.5 * x * (1 + erf(x / 2.0.squareRoot()))
  }

  private func product(_ weight: [Double], _ x: [Double]) -> [Double] {
    stride(from: 0, to: weight.count, by: x.count).map { first in
      x.indices.reduce(0) { $0 + weight[first + $1] * x[$1] }
    }
  }

  /// The derivatives of the two losses along a direction in one tensor, by central differences of fourth order.
  func derivative(_ name: String, _ direction: [Double]) -> (linear: Double, balance: Double) {
    let step = 1e-4
    let losses = [-2.0, -1, 1, 2].map { factor in
      var moved = self
      moved.values[name] = zip(values[name] ?? [], direction).map { $0 + factor * step * $1 }
      return moved.losses()
    }
    func slope(_ y: [Double]) -> Double { (8 * (y[2] - y[1]) - (y[3] - y[0])) / (12 * step) }
    return (slope(losses.map(\.linear)), slope(losses.map(\.balance)))
  }

  /// Directions in one tensor: a few axes, and one through all values.
  func directions(_ name: String) -> [[Double]] {
    let count = values[name]?.count ?? 0
    let axes = stride(from: 0, to: count, by: max(1, count / 5)).map { axis in (0..<count).map { $0 == axis ? 1.0 : 0 }
    }
    return axes + [(0..<count).map { sin(Double($0 * $0 % 7919)) }]
  }
}
