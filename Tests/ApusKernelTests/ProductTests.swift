// The matrix product of every instruction set against sums in double, and its promises about bits.

import CApusKernels
import Foundation
import Testing

/// One product with its data, which can be run whole, in ranges or over a part of k.
struct ProductCase {
  var (m, n, k) = (1, 1, 1)
  var form = Form.forward
  var accumulate = false
  var activation = APUS_ACTIVATION_NONE
  var usesBias = false
  var keepsPreactivation = false
  var usesResidual = false
  /// Unused columns at the end of each row of c.
  var gap = 0
  /// Unused steps at the end of each row of a, where its steps lie side by side.
  var gapOfA = 1
  /// Floats behind the scratch, which stay as they are.
  var beyond = 64

  /// Where k runs in memory: forward x Wᵀ, the input's gradient dy W, the weight's gradient dyᵀ x.
  enum Form: CaseIterable, Sendable { case forward, inputGradient, weightGradient, strided }

  var a: [Float] = []
  var b: [Float] = []
  var c: [Float] = []
  var bias: [Float] = []
  var residual: [Float] = []

  var aStrides: (row: Int, k: Int) {
    form == .weightGradient ? (1, m + 2) : form == .strided ? (2 * k, 2) : (k + gapOfA, 1)
  }
  var bStrides: (k: Int, n: Int) { form == .forward ? (1, k + 3) : form == .strided ? (3, 3 * k) : (n + 1, 1) }
  var cRow: Int { n + gap }

  mutating func fill(seed: UInt64) {
    var numbers = TestNumbers(seed: seed)
    a = numbers.floats(max(0, (m - 1) * aStrides.row + (k - 1) * aStrides.k + 1))
    b = numbers.floats(max(0, (k - 1) * bStrides.k + (n - 1) * bStrides.n + 1))
    c = numbers.floats(m * cRow)
    bias = numbers.floats(n)
    residual = numbers.floats(m * cRow)
  }

  func packed(_ kernels: apus_kernels, steps: Range<Int>? = nil) -> [Float] {
    let steps = steps ?? 0..<k
    let panels = (n + kernels.panel - 1) / kernels.panel
    var result = [Float](repeating: .nan, count: panels * kernels.panel * steps.count)
    let (start, (stepK, stepN)) = (FloatBuffer(b), bStrides)
    kernels.pack(start.pointer + steps.lowerBound * stepK, stepK, stepN, steps.count, n, 0, panels, &result)
    return result
  }

  /// Runs the given ranges of rows and panels; returns c and the kept preactivation.
  func run(
    _ kernels: apus_kernels, ranges: [(rows: Range<Int>, panels: Range<Int>)]? = nil, steps: Range<Int>? = nil,
    from start: [Float]? = nil, accumulate: Bool? = nil
  ) -> (c: [Float], preactivation: [Float]) {
    let steps = steps ?? 0..<k
    let panels = (n + kernels.panel - 1) / kernels.panel
    let b = FloatBuffer(packed(kernels, steps: steps))
    let buffers = Buffers(self, c: start ?? c)
    let scratch = FloatBuffer([Float](repeating: .nan, count: kernels.product_scratch + beyond))
    var p = description(buffers, b: b, steps: steps)
    p.accumulate = accumulate ?? self.accumulate
    for (rows, panels) in ranges ?? [(0..<m, 0..<panels)] {
      kernels.product(&p, rows.lowerBound, rows.upperBound, panels.lowerBound, panels.upperBound, scratch.pointer)
    }
    #expect(scratch.values.suffix(beyond).allSatisfy { $0.isNaN }, "the kernel writes beyond its scratch")
    return (buffers.c.values, buffers.kept.values)
  }

  /// Runs the forward form on the weight as it is, in two ranges of columns.
  func runFewRows(_ kernels: apus_kernels, cut: Int) -> (c: [Float], preactivation: [Float]) {
    let (buffers, weight) = (Buffers(self, c: c), FloatBuffer(b))
    var p = description(buffers, b: weight, steps: 0..<k)
    let scratch = FloatBuffer([Float](repeating: .nan, count: kernels.few_rows * (k + 2) + beyond))
    kernels.product_of_few_rows(&p, bStrides.n, 0, cut, scratch.pointer)
    kernels.product_of_few_rows(&p, bStrides.n, cut, n, scratch.pointer)
    #expect(scratch.values.suffix(beyond).allSatisfy { $0.isNaN }, "the kernel writes beyond its scratch")
    return (buffers.c.values, buffers.kept.values)
  }

  /// The memory of one run.
  private struct Buffers {
    let a, c, kept, bias, residual: FloatBuffer

    init(_ product: ProductCase, c: [Float]) {
      (a, self.c) = (FloatBuffer(product.a), FloatBuffer(c))
      kept = FloatBuffer([Float](repeating: 0, count: c.count))
      (bias, residual) = (FloatBuffer(product.bias), FloatBuffer(product.residual))
    }
  }

  private func description(_ buffers: Buffers, b: FloatBuffer, steps: Range<Int>) -> apus_product {
    apus_product(
      m: m, n: n, k: steps.count, a: buffers.a.pointer + steps.lowerBound * aStrides.k, a_row: aStrides.row,
      a_k: aStrides.k, b: b.pointer, c: buffers.c.pointer, c_row: cRow, accumulate: accumulate, activation: activation,
      bias: usesBias ? UnsafePointer(buffers.bias.pointer) : nil,
      preactivation: keepsPreactivation ? buffers.kept.pointer : nil,
      residual: usesResidual ? UnsafePointer(buffers.residual.pointer) : nil, residual_row: cRow)
  }

  /// The same in double, rounded at the end; entries in the gaps keep their values.
  func reference() -> (c: [Float], preactivation: [Float]) {
    var result = c
    var kept = [Float](repeating: 0, count: c.count)
    for row in 0..<m {
      for column in 0..<n {
        var sum = accumulate ? Double(c[row * cRow + column]) : 0
        for step in 0..<k {
          sum += Double(a[row * aStrides.row + step * aStrides.k]) * Double(b[step * bStrides.k + column * bStrides.n])
        }
        if usesBias { sum += Double(bias[column]) }
        if keepsPreactivation { kept[row * cRow + column] = Float(sum) }
        sum = activationInDouble(activation, sum)
        if usesResidual { sum += Double(residual[row * cRow + column]) }
        result[row * cRow + column] = Float(sum)
      }
    }
    return (result, kept)
  }
}

@Suite("Matrix product")
struct ProductTests {
  /// Shapes around every edge: one row, fewer rows than a tile, partial panels, several blocks of k, and no k at all.
  static let shapes: [(Int, Int, Int)] = {
    var shapes: [(Int, Int, Int)] = []
    for m in [1, 2, 3, 5, 6, 7, 11, 12, 13, 31] {
      for n in [1, 8, 15, 16, 17, 33, 64] {
        for k in [0, 1, 7, 8, 65] { shapes.append((m, n, k)) }
      }
    }
    return shapes + [(3, 40, 700), (29, 35, 515), (401, 17, 40), (250, 100, 300)]
  }()

  @Test("Agrees with sums in double in all forms", arguments: instructionSets, ProductCase.Form.allCases)
  func agrees(isa: String, form: ProductCase.Form) throws {
    let k = try kernels(isa)
    for (index, shape) in Self.shapes.enumerated() {
      var test = ProductCase()
      (test.m, test.n, test.k, test.form) = (shape.0, shape.1, shape.2, form)
      (test.accumulate, test.gap) = (index % 2 == 1, index % 3)
      test.fill(seed: UInt64(index))
      let error = largestError(test.run(k).c, test.reference().c)
      #expect(error < 2e-7 * (4 + Double(shape.2).squareRoot() * 2), "\(isa) \(form) \(shape)")
    }
  }

  @Test("Applies every epilogue", arguments: instructionSets)
  func epilogues(isa: String) throws {
    let k = try kernels(isa)
    for flags in 0..<16 {
      for activation in activations {
        for shape in [(7, 37, 20), (1, 5, 3), (14, 64, 520)] {
          var test = ProductCase()
          (test.m, test.n, test.k) = shape
          (test.usesBias, test.keepsPreactivation) = (flags & 1 != 0, flags & 2 != 0)
          (test.usesResidual, test.accumulate) = (flags & 4 != 0, flags & 8 != 0)
          (test.activation, test.gap) = (activation, 3)
          test.fill(seed: UInt64(flags))
          let (found, wanted) = (test.run(k), test.reference())
          #expect(largestError(found.c, wanted.c) < 2e-5, "\(isa) \(activation) \(flags) \(shape)")
          #expect(largestError(found.preactivation, wanted.preactivation) < 2e-5)
        }
      }
    }
  }

  @Test("Stays within its scratch, however many steps there are", arguments: instructionSets)
  func scratch(isa: String) throws {
    let k = try kernels(isa)
    // So many panels that rows which could be read in place are brought together too.
    let panels = 17
    for rows in [k.tile_rows - 1, k.tile_rows, k.tile_rows + 1, 2 * k.tile_rows] {
      for form in ProductCase.Form.allCases {
        var test = ProductCase()
        (test.m, test.n, test.k, test.form) = (max(1, rows), panels * k.panel, 12_300, form)
        test.beyond = 200_000
        test.fill(seed: 9)
        let narrow = (0..<panels).map { (rows: 0..<test.m, panels: $0..<$0 + 1) }
        #expect(sameBits(test.run(k).c, test.run(k, ranges: narrow).c), "\(isa) \(form), \(rows) rows")
      }
    }
  }

  @Test("Rows brought together give the bits of rows read in place", arguments: instructionSets)
  func rowsBroughtTogether(isa: String) throws {
    let k = try kernels(isa)
    for (panels, steps, gap) in [(17, 1030, 1), (17, 40, 3), (4, 1020, 4), (5, 2040, 8), (4, 513, 511)] {
      for rows in [k.tile_rows, 2 * k.tile_rows + 1, 3 * k.tile_rows - 1] {
        var test = ProductCase()
        (test.m, test.n, test.k, test.gapOfA) = (max(1, rows), panels * k.panel - 3, steps, gap)
        test.fill(seed: 11)
        let narrow = (0..<panels).map { (rows: 0..<test.m, panels: $0..<$0 + 1) }
        let whole = test.run(k).c
        #expect(sameBits(whole, test.run(k, ranges: narrow).c), "\(isa), \(rows) rows, \(steps) steps")
        #expect(largestError(whole, test.reference().c) < 1e-4)
      }
    }
  }

  @Test("Few rows on a weight as it is have the bits of packed panels", arguments: instructionSets)
  func fewRows(isa: String) throws {
    let kernels = try kernels(isa)
    for m in 1...kernels.few_rows {
      for (n, k) in [(1, 1), (3, 5), (16, 16), (33, 31), (70, 48), (128, 67), (40, 0)] {
        for accumulate in [false, true] {
          var product = ProductCase(m: m, n: n, k: k, accumulate: accumulate, activation: APUS_ACTIVATION_SILU)
          (product.usesBias, product.keepsPreactivation, product.usesResidual) = (true, true, true)
          product.gap = 3
          product.fill(seed: UInt64(m * 1000 + n))
          let (panels, few) = (product.run(kernels), product.runFewRows(kernels, cut: n / 2))
          #expect(few.c == panels.c && few.preactivation == panels.preactivation, "\(isa) \(m) × \(n) × \(k)")
        }
      }
    }
  }

  @Test("Any split into rows and panels gives the same bits", arguments: instructionSets, ProductCase.Form.allCases)
  func splits(isa: String, form: ProductCase.Form) throws {
    let k = try kernels(isa)
    var test = ProductCase()
    (test.m, test.n, test.k, test.form) = (53, 100, 600, form)
    (test.usesBias, test.activation, test.usesResidual) = (true, APUS_ACTIVATION_GELU_TANH, true)
    test.fill(seed: 7)
    let whole = test.run(k).c
    let panels = (test.n + k.panel - 1) / k.panel
    for rows in [1, 2, 5, 6, 7, 12, 20] {
      var ranges: [(rows: Range<Int>, panels: Range<Int>)] = []
      for row in stride(from: 0, to: test.m, by: rows) {
        for panel in 0..<panels { ranges.append((row..<min(row + rows, test.m), panel..<panel + 1)) }
      }
      #expect(sameBits(test.run(k, ranges: ranges).c, whole), "\(isa) \(form), \(rows) rows at a time")
    }
  }

  @Test("Two parts of k give the bits of the whole", arguments: instructionSets, ProductCase.Form.allCases)
  func parts(isa: String, form: ProductCase.Form) throws {
    let k = try kernels(isa)
    var test = ProductCase()
    (test.m, test.n, test.k, test.form) = (19, 45, 531, form)
    test.fill(seed: 8)
    let whole = test.run(k).c
    for cut in [1, 100, 256, 511, 530] {
      let first = test.run(k, steps: 0..<cut).c
      let both = test.run(k, steps: cut..<531, from: first, accumulate: true).c
      #expect(sameBits(both, whole), "\(isa) \(form), cut at \(cut)")
    }
  }
}
