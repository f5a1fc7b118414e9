// Independent references in double precision, and derivatives of them by central differences.

/// The gradient of `function` at `x`, by central differences.
func numericalGradient(at x: [Double], of function: ([Double]) -> Double) -> [Double] {
  var moved = x
  return x.indices.map { i in
    let step = 1e-5
    moved[i] = x[i] + step
    let above = function(moved)
    moved[i] = x[i] - step
    let below = function(moved)
    moved[i] = x[i]
    return (above - below) / (2 * step)
  }
}

func doubles(_ values: [Float]) -> [Double] { values.map(Double.init) }
func floats(_ values: [Double]) -> [Float] { values.map { Float($0) } }

/// Σ a b: turns a vector-valued function into a scalar one whose gradient is the backward pass for `b`.
func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

/// Philox 4x32-10, word by word.
func referencePhilox(key: (UInt32, UInt32), counter: [UInt32]) -> [UInt32] {
  var (k0, k1) = key
  var c = counter
  for _ in 0..<10 {
    let p0 = UInt64(c[0]) * 0xD251_1F53
    let p1 = UInt64(c[2]) * 0xCD9E_8D57
    c = [
      UInt32(truncatingIfNeeded: p1 >> 32) ^ c[1] ^ k0, UInt32(truncatingIfNeeded: p1),
      UInt32(truncatingIfNeeded: p0 >> 32) ^ c[3] ^ k1, UInt32(truncatingIfNeeded: p0),
    ]
    k0 &+= 0x9E37_79B9
    k1 &+= 0xBB67_AE85
  }
  return c
}

/// Whether dropout keeps element `index` of a stream.
func referenceKeeps(rate: Float, seed: UInt64, index: Int, stream: UInt32, site: UInt32, step: UInt32) -> Bool {
  let key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
  let word = referencePhilox(key: key, counter: [UInt32(index / 4), stream, site, step])[index % 4]
  return Double(word) >= Double(rate) * 4_294_967_296
}
