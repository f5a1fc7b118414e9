// What an encoder does otherwise than a decoder, for the slow twin: types, a norm of the embeddings, norms behind each
// half, and the head before the projection to the vocabulary (Devlin et al. 2019).

import ApusModels
import ApusTensor

extension ReferenceDecoder {
  /// What the projection to the vocabulary multiplies, for each token of one sequence.
  func encoded(_ tokens: [Int], _ types: [Int]) -> [[Double]] {
    let width = specification.width
    var x = tokens.enumerated().map { position, token in
      let row = add(slice("embedding.tokens", token, width), slice("embedding.positions", position, width))
      return norm(add(row, slice("embedding.types", types[position], width)), "embedding.norm")
    }
    for layer in 0..<specification.layers {
      let (attended, fed) = ("layers.\(layer).attention", "layers.\(layer).feedForward")
      let mixed = attention(x, "layers.\(layer)")
      x = zip(x, mixed).map { row, mixed in
        norm(
          add(row, project(mixed, "\(attended).output.weight", "\(attended).output.bias")), "\(attended).residualNorm")
      }
      x = x.map { norm(add($0, feedForward($0, fed)), "\(fed).residualNorm") }
    }
    return x.map { row in
      let dense = project(row, "head.dense.weight", "head.dense.bias")
      return norm(dense.map { activation($0, .geluErf) }, "head.norm")
    }
  }
}
