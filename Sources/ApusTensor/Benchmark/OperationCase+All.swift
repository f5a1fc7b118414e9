// The operations and shapes that training spends its time on, each with the least work that it takes. One line a shape.

extension OperationCase {
  /// Every operation, the matrix products first.
  public static let all: [OperationCase] =
    products.map(linear) + [
      attention(rows: 4, length: 256, heads: 12, headWidth: 64),
      attention(rows: 1, length: 1024, heads: 12, headWidth: 64),
      attention(rows: 12, length: 64, heads: 4, headWidth: 32),
      norm(.layer, rows: 1024, width: 768),
      norm(.rms, rows: 2048, width: 288),
      gated(rows: 2048, inner: 768),
      activated(rows: 1024, width: 768, inner: 3072),
      loss(rows: 256, width: 768, vocabulary: 50_257),
      optimizer(values: 1 << 24),
    ]

  /// Rows, outputs and inputs of the products that are timed.
  static let products: [(m: Int, n: Int, k: Int)] = [
    (1024, 1024, 1024), (2048, 2048, 2048), (4096, 4096, 4096), (4096, 1536, 384), (512, 3072, 768), (256, 768, 768),
    (1024, 768, 3072), (1, 5632, 2048), (2, 5632, 2048), (4, 5632, 2048), (8, 5632, 2048),
  ]

  static func linear(_ shape: (m: Int, n: Int, k: Int)) -> OperationCase {
    let (m, n, k) = (Double(shape.m), Double(shape.n), Double(shape.k))
    let works = [
      Work(part: "forward", flops: 2 * m * n * k, bytes: 4 * (m * k + n * k + m * n)),
      Work(part: "backward", flops: 4 * m * n * k, bytes: 4 * (2 * m * k + 2 * n * k + m * n)),
    ]
    return OperationCase("product", "\(shape.m) × \(shape.n) × \(shape.k)", works) {
      let weight = parameter(rows: shape.n, columns: shape.k)
      return differentiable(batch(rows: 1, length: shape.m), width: shape.k, [weight]) { $0.linear($1, weight: weight) }
    }
  }

  static func activated(rows: Int, width: Int, inner: Int) -> OperationCase {
    let (m, n, k) = (Double(rows), Double(inner), Double(width))
    let works = [
      Work(part: "forward", flops: 2 * m * n * k, bytes: 4 * (m * k + n * k + 2 * m * n)),
      Work(part: "backward", flops: 4 * m * n * k, bytes: 4 * (2 * m * k + 2 * n * k + 2 * m * n)),
    ]
    return OperationCase("product, bias, GELU", "\(rows) × \(inner) × \(width)", works) {
      let (weight, bias) = (parameter(rows: inner, columns: width), parameter(rows: 1, columns: inner))
      return differentiable(batch(rows: 1, length: rows), width: width, [weight, bias]) {
        $0.linear($1, weight: weight, bias: bias, function: .geluTanh)
      }
    }
  }

  static func attention(rows: Int, length: Int, heads: Int, headWidth: Int) -> OperationCase {
    let shape = AttentionShape(heads: heads, keyValueHeads: heads, headWidth: headWidth)
    // A causal product of queries and keys does half of a square.
    let product = Double(rows * heads) * Double(length * (length + 1)) * Double(headWidth)
    let bytes = 4 * Double(rows * length * heads * headWidth)
    let works = [
      Work(part: "forward", flops: 2 * product, bytes: 4 * bytes),
      // Scores once more, and the gradients of scores, values, queries and keys.
      Work(part: "backward", flops: 5 * product, bytes: 8 * bytes),
    ]
    return OperationCase("attention", "\(rows) × \(length), \(heads) × \(headWidth)", works) {
      differentiable(batch(rows: rows, length: length), width: shape.fusedWidth) {
        $0.attention($1, shape: shape, layer: 0, site: 0)
      }
    }
  }

  static func norm(_ kind: NormKind, rows: Int, width: Int) -> OperationCase {
    let values = Double(rows * width)
    let works = [
      Work(part: "forward", flops: 5 * values, bytes: 8 * values),
      Work(part: "backward", flops: 10 * values, bytes: 12 * values),
    ]
    return OperationCase("\(kind.rawValue) norm", "\(rows) × \(width)", works) {
      let bias = kind == .layer ? parameter(rows: 1, columns: width) : nil
      let weights = NormWeights(kind: kind, gain: parameter(rows: 1, columns: width), bias: bias, epsilon: 1e-5)
      return differentiable(batch(rows: 1, length: rows), width: width, [weights.gain, bias].compactMap(\.self)) {
        $0.norm($1, weights)
      }
    }
  }

  static func gated(rows: Int, inner: Int) -> OperationCase {
    let values = Double(rows * inner)
    let works = [
      Work(part: "forward", flops: 20 * values, bytes: 12 * values),
      Work(part: "backward", flops: 30 * values, bytes: 20 * values),
    ]
    return OperationCase("SwiGLU", "\(rows) × \(inner)", works) {
      differentiable(batch(rows: 1, length: rows), width: 2 * inner) { $0.gated($1, .silu) }
    }
  }

  static func loss(rows: Int, width: Int, vocabulary: Int) -> OperationCase {
    let (m, n, k) = (Double(rows), Double(vocabulary), Double(width))
    let work = Work(part: "whole", flops: 6 * m * n * k, bytes: 4 * (2 * m * k + 2 * n * k))
    return OperationCase("output and loss", "\(rows) × \(vocabulary) × \(width)", [work]) {
      let projection = OutputProjection(weight: parameter(rows: vocabulary, columns: width))
      let values = random(rows: rows, columns: width)
      let batch = batch(rows: 1, length: rows, vocabulary: vocabulary)
      return { workspace in
        workspace.begin(batch, recording: true)
        projection.weight.zeroGradient()
        let hidden = workspace.tape.variable(values)
        return [seconds { _ = workspace.backwardFromLoss(hidden, projection, scale: 1 / Float(rows)) }]
      }
    }
  }

  static func optimizer(values: Int) -> OperationCase {
    let works = [
      Work(part: "norm", flops: 2 * Double(values), bytes: 4 * Double(values)),
      Work(part: "update", flops: 14 * Double(values), bytes: 28 * Double(values)),
    ]
    return OperationCase("AdamW", "\(values >> 20) Mi values", works) {
      let weight = parameter(rows: values >> 10, columns: 1 << 10)
      weight.gradient.pointer.update(from: weight.value.pointer, count: weight.count)
      let state = AdamWState([weight])
      let step = AdamWStep(step: 1, learningRate: 1e-9, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1)
      return { workspace in
        [seconds { _ = state.gradientNorm(in: workspace) }, seconds { state.update(step, in: workspace) }]
      }
    }
  }

  private static func parameter(rows: Int, columns: Int) -> Parameter {
    Parameter(name: "weight", value: random(rows: rows, columns: columns), decays: true)
  }
}
