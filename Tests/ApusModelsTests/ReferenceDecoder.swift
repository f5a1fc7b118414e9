// The slow twin of the decoder: the textbook's formulas in double precision, one token after another, sharing no code
// with the body. Values come from the model's parameters by name.

import ApusModels
import ApusTensor
import Foundation

/// A decoder in plain loops.
struct ReferenceDecoder {
  let specification: Specification
  var values: [String: [Double]] = [:]

  init(_ model: Model) {
    specification = model.specification
    for parameter in model.parameters { values[parameter.name] = parameter.value.values.map(Double.init) }
  }

  /// The sum of the losses of a batch's valid targets.
  func loss(_ batch: PackedBatch) -> Double {
    var total = 0.0
    for segment in batch.segments {
      let rows = segment.start..<segment.start + segment.count
      let tokens = batch.tokens[rows].map(Int.init)
      let types = batch.types.isEmpty ? tokens.map { _ in 0 } : batch.types[rows].map(Int.init)
      let hidden = specification.encoder == nil ? self.hidden(tokens) : encoded(tokens, types)
      for (index, row) in rows.enumerated() where batch.targets[row] >= 0 {
        let logits = project(hidden[index], specification.tiedOutput ? "embedding.tokens" : "output", "output.bias")
        let maximum = logits.max() ?? 0
        let sum = logits.reduce(0) { $0 + exp($1 - maximum) }
        total += maximum + log(sum) - logits[Int(batch.targets[row])]
      }
    }
    return total
  }

  /// The hidden states of one sequence after the final norm.
  func hidden(_ tokens: [Int]) -> [[Double]] {
    let width = specification.width
    var x = tokens.enumerated().map { position, token in
      var row = slice("embedding.tokens", token, width)
      if let learned = values["embedding.positions"] {
        for feature in 0..<width { row[feature] += learned[position * width + feature] }
      }
      return row
    }
    for layer in 0..<specification.layers {
      let name = "layers.\(layer)"
      let mixed = attention(x.map { norm($0, "\(name).attention.norm") }, name)
      x = zip(x, mixed).map { add($0, project($1, "\(name).attention.output.weight", "\(name).attention.output.bias")) }
      x = x.map { add($0, feedForward(norm($0, "\(name).feedForward.norm"), "\(name).feedForward")) }
    }
    return x.map { norm($0, "norm") }
  }

  func attention(_ x: [[Double]], _ name: String) -> [[Double]] {
    let (heads, groups, width) = (specification.heads, specification.keyValueHeads, specification.headWidth)
    var fused = x.map { project($0, "\(name).attention.qkv.weight", "\(name).attention.qkv.bias") }
    if case .rotary(let rotary, _) = specification.positions {
      let (frequencies, scale) = rotary.frequencies(length: x.count)
      for position in fused.indices {
        for head in 0..<heads + groups { rotate(&fused[position], head * width, position, frequencies, scale) }
      }
    }
    return fused.indices.map { query -> [Double] in
      let last = specification.encoder == nil ? query : fused.count - 1
      return (0..<heads).flatMap { head -> [Double] in
        let group = head / (heads / groups)
        let scores = (0...last).map { key -> Double in
          var dot = 0.0
          for feature in 0..<width {
            dot += fused[query][head * width + feature] * fused[key][(heads + group) * width + feature]
          }
          return dot / Double(width).squareRoot()
        }
        let maximum = scores.max() ?? 0
        let weights = scores.map { exp($0 - maximum) }
        let sum = weights.reduce(0, +)
        return (0..<width).map { feature -> Double in
          var total = 0.0
          for key in 0...last { total += weights[key] * fused[key][(heads + groups + group) * width + feature] }
          return total / sum
        }
      }
    }
  }

  private func rotate(_ row: inout [Double], _ start: Int, _ position: Int, _ frequencies: [Float], _ scale: Double) {
    for (pair, frequency) in frequencies.enumerated() {
      let angle = Double(position) * Double(frequency)
      let (first, second) = (start + pair, start + pair + frequencies.count)
      let (a, b) = (scale * row[first], scale * row[second])
      row[first] = a * cos(angle) - b * sin(angle)
      row[second] = b * cos(angle) + a * sin(angle)
    }
  }

  func feedForward(_ x: [Double], _ name: String) -> [Double] {
    let inner = project(x, "\(name).up.weight", "\(name).up.bias")
    let half = inner.count / 2
    let activated =
      switch specification.feedForward {
      case .plain(let function): inner.map { activation($0, function) }
      case .gated(let function): (0..<half).map { activation(inner[$0], function) * inner[half + $0] }
      }
    return project(activated, "\(name).down.weight", "\(name).down.bias")
  }

  func activation(_ x: Double, _ function: ActivationFunction) -> Double {
    switch function {
    case .none: x
    case .relu: max(0, x)
    case .geluErf: x / 2 * (1 + erf(x / 2.0.squareRoot()))
    case .geluTanh: geluTanh(x)
    case .silu: x / (1 + exp(-x))
    }
  }

  private func geluTanh(_ x: Double) -> Double {
    let inner: Double = x + 0.044715 * x * x * x
    return 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * inner))
  }

  func norm(_ x: [Double], _ name: String) -> [Double] {
    let count = Double(x.count)
    let mean = specification.norm == .layer ? x.reduce(0, +) / count : 0
    let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    let scale = 1 / (variance + specification.normEpsilon).squareRoot()
    let gain = values["\(name).gain"] ?? []
    let bias = values["\(name).bias"]
    return x.indices.map { index -> Double in
      let normed: Double = (x[index] - mean) * scale
      return normed * gain[index] + (bias?[index] ?? 0)
    }
  }

  func project(_ x: [Double], _ weight: String, _ bias: String = "") -> [Double] {
    let matrix = values[weight] ?? []
    return (0..<matrix.count / x.count).map { row -> Double in
      var sum = values[bias]?[row] ?? 0
      for index in x.indices { sum += x[index] * matrix[row * x.count + index] }
      return sum
    }
  }

  func slice(_ name: String, _ row: Int, _ width: Int) -> [Double] {
    Array((values[name] ?? [])[row * width..<(row + 1) * width])
  }

  func add(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 + $1 } }
}
