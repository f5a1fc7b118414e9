// Multiplying, gathering, scattering and summing rows, and dropout: compared with loops written here.

import CApusKernels
import Testing

@Suite struct RowTests {
  private static let widths = [1, 3, 8, 9, 31, 64, 100]

  @Test(arguments: instructionSets) func dot(name: String) throws {
    let table = try kernels(name)
    var numbers = TestNumbers(seed: 6)
    for count in [0] + Self.widths {
      let (x, y) = (numbers.floats(count), numbers.floats(count))
      let expected = zip(x, y).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      let size = zip(x, y).reduce(0.0) { $0 + abs(Double($1.0) * Double($1.1)) }
      #expect(abs(Double(table.dot(x, y, count)) - expected) <= 5e-7 * size)
    }
  }

  @Test(arguments: instructionSets) func gather(name: String) throws {
    let table = try kernels(name)
    var numbers = TestNumbers(seed: 7)
    for columns in Self.widths {
      let rows = numbers.floats(5 * columns)
      let ids: [Int32] = [4, 0, 4, 2]
      let start = numbers.floats(ids.count * columns)
      for accumulate in [false, true] {
        var y = start
        table.gather(rows, ids, 1.5, &y, accumulate, ids.count, columns)
        let expected = start.indices.map { i in
          1.5 * rows[Int(ids[i / columns]) * columns + i % columns] + (accumulate ? start[i] : 0)
        }
        #expect(largestError(y, expected) < 1e-6)
      }
    }
  }

  @Test(arguments: instructionSets) func scatterAdd(name: String) throws {
    let table = try kernels(name)
    var numbers = TestNumbers(seed: 8)
    for columns in Self.widths {
      let ids: [Int32] = [2, 0, 2, 2]
      let (dy, start) = (numbers.floats(4 * columns), numbers.floats(3 * columns))
      var expected = doubles(start)
      for i in dy.indices { expected[Int(ids[i / columns]) * columns + i % columns] += 0.5 * Double(dy[i]) }
      var (whole, split) = (start, start)
      table.scatter_add(dy, ids, 0.5, &whole, 4, columns, 0, columns)
      #expect(largestError(whole, floats(expected)) < 1e-6)
      table.scatter_add(dy, ids, 0.5, &split, 4, columns, columns / 3, columns)
      table.scatter_add(dy, ids, 0.5, &split, 4, columns, 0, columns / 3)
      #expect(sameBits(whole, split))
    }
  }

  @Test(arguments: instructionSets) func columnSums(name: String) throws {
    let table = try kernels(name)
    var numbers = TestNumbers(seed: 9)
    for columns in Self.widths {
      for rows in [0, 1, 7, 8, 21] {
        let stride = columns + 2
        let (x, start) = (numbers.floats(rows * stride + 1), numbers.floats(columns))
        var expected = doubles(start)
        for t in 0..<rows { for j in 0..<columns { expected[j] += Double(x[t * stride + j]) } }
        var (whole, split) = (start, start)
        table.column_sums(x, stride, &whole, rows, 0, columns)
        #expect(largestError(whole, floats(expected)) < 2e-6)
        table.column_sums(x, stride, &split, rows, 0, columns / 2)
        table.column_sums(x, stride, &split, rows, columns / 2, columns)
        #expect(sameBits(whole, split))
      }
    }
  }
}

@Suite struct DropoutTests {
  /// The known answers that come with Random123 (kat_vectors, philox4x32 10).
  @Test func referenceIsPhilox() {
    #expect(
      referencePhilox(key: (0, 0), counter: [0, 0, 0, 0]) == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
    #expect(
      referencePhilox(key: (.max, .max), counter: [.max, .max, .max, .max])
        == [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd])
    #expect(
      referencePhilox(
        key: (0xa409_3822, 0x299f_31d0), counter: [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344])
        == [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1])
  }

  /// The first known answer, read off the kernel: the largest rate at which an element is still kept shows 24 bits.
  @Test(arguments: instructionSets) func kernelIsPhilox(name: String) throws {
    let table = try kernels(name)
    let words: [UInt32] = [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
    for (lane, word) in words.enumerated() {
      for (step, kept) in [(UInt32(0), true), (1, false)] {
        let rate = Float((word >> 8) + step) / 16_777_216
        var y: [Float] = [0, 0, 0, 0]
        table.dropout([1, 1, 1, 1], &y, false, rate, 0, 0, 0, 0, 1, 4)
        #expect((y[lane] != 0) == kept)
      }
    }
  }

  @Test(arguments: instructionSets) func mask(name: String) throws {
    let table = try kernels(name)
    var numbers = TestNumbers(seed: 10)
    for columns in [1, 4, 5, 15, 16, 17, 100] {
      for rate: Float in [0, 0.1, 0.5, 0.001, 0.999] {
        let x = numbers.floats(3 * columns, in: 1...2)
        let seed: UInt64 = 0x1234_5678_9abc_def0
        var y = [Float](repeating: 1, count: x.count)
        table.dropout(x, &y, true, rate, seed, 77, 5, .max, 3, columns)
        let expected = x.indices.map { i -> Float in
          let stream = UInt32.max &+ UInt32(i / columns)
          let keeps = referenceKeeps(rate: rate, seed: seed, index: i % columns, stream: stream, site: 5, step: 77)
          return 1 + (keeps ? x[i] / (1 - rate) : 0)
        }
        #expect(largestError(y, expected) < 1e-6)

        let chunk = FloatBuffer(x)
        table.dropout(
          chunk.pointer + columns, chunk.pointer + columns, false, rate, seed, 77, 5, 0, 2, columns)
        var whole = x
        table.dropout(x, &whole, false, rate, seed, 77, 5, .max, 3, columns)
        #expect(sameBits(Array(chunk.values[columns...]), Array(whole[columns...])), "tokens split, in place")
      }
    }
  }
}
