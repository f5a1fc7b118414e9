// Attention against a double-precision reference, the bits that batching must not change, and the derivatives.

import CApusKernels
import Testing

@Suite struct AttentionTests {
  /// Lengths around the tile, all kinds of masks, head sizes that fill vectors and that do not.
  private static let cases: [AttentionCase] = {
    var cases: [AttentionCase] = []
    for (queries, position, keys) in [
      (1, 0, 1), (5, 0, 5), (64, 0, 64), (65, 0, 65), (1, 130, 131), (7, 60, 67), (150, 0, 150),
    ] {
      for head in [1, 8, 20, 32, 48, 64, 67] {
        for (causal, window) in [(true, 0), (true, 1), (true, 3), (true, 40), (false, 0), (false, 2), (false, 70)] {
          let cap: Float = (queries + head) % 3 == 0 ? 1.5 : 0
          let dropout: Float = (queries + head + window) % 4 == 0 ? 0.3 : 0
          cases.append(
            AttentionCase(
              queries: queries, position: position, keys: keys, head: head, causal: causal, window: window,
              softCap: cap, dropout: dropout))
        }
      }
    }
    return cases
  }()

  @Test(arguments: instructionSets) func agreesWithReference(name: String) throws {
    let table = try kernels(name)
    var numbers = TestNumbers(seed: 20)
    for c in Self.cases {
      let rows = numbers.floats(c.keys * c.stride)
      let (output, logSumExp) = c.reference(doubles(rows))
      let result = c.run(table, rows: rows)
      #expect(largestError(result.output, floats(output)) < 2e-6, "\(c)")
      #expect(largestError(result.logSumExp, floats(logSumExp)) < 1e-6, "\(c)")
    }
    print("attention, \(name): \(Self.cases.count) cases")
  }

  @Test(arguments: instructionSets) func blocksGiveTheBitsOfRows(name: String) throws {
    let table = try kernels(name)
    var numbers = TestNumbers(seed: 21)
    for c in Self.cases {
      let rows = numbers.floats(c.keys * c.stride)
      let (a, b) = (c.run(table, rows: rows), c.runOnBlocks(table, rows: rows))
      #expect(sameBits(a.output, b.output) && sameBits(a.logSumExp, b.logSumExp), "\(c)")
    }
  }

  /// Each query alone, with no more keys than it sees, gives the bits that it has among the others.
  @Test(arguments: instructionSets) func chunksGiveTheBitsOfTheWhole(name: String) throws {
    let table = try kernels(name)
    var numbers = TestNumbers(seed: 22)
    for c in Self.cases where c.queries > 1 && c.causal {
      let rows = numbers.floats(c.keys * c.stride)
      let whole = c.run(table, rows: rows)
      var begin = 0
      for size in [1, 2, 3, 64, 5, 1000] where begin < c.queries {
        var part = c
        part.queries = min(size, c.queries - begin)
        part.position = c.position + begin
        part.keys = part.position + part.queries
        var streams = part
        streams.dropout = 0
        if c.dropout == 0 {  // the dropout's streams are counted from the first query of a call
          let result = streams.runOnBlocks(table, rows: Array(rows[..<(part.keys * c.stride)]))
          let span = (begin * c.head)..<((begin + part.queries) * c.head)
          #expect(sameBits(result.output, Array(whole.output[span])), "\(c) at \(begin)")
          #expect(sameBits(result.logSumExp, Array(whole.logSumExp[begin..<(begin + part.queries)])))
        }
        begin += part.queries
      }
    }
  }

  /// NaN in keys and values that a query does not see leaves its bits alone.
  @Test(arguments: instructionSets) func unseenGarbageDoesNotMatter(name: String) throws {
    let table = try kernels(name)
    var numbers = TestNumbers(seed: 23)
    for c in Self.cases where c.causal && c.queries > 1 {
      let rows = numbers.floats(c.keys * c.stride)
      let clean = c.run(table, rows: rows)
      let spoilt = c.keys / 2
      var dirty = rows
      for f in c.head..<(3 * c.head) { dirty[spoilt * c.stride + f] = .nan }
      let result = c.run(table, rows: dirty)
      for i in 0..<c.queries where !c.sees(i, spoilt) {
        let span = (i * c.head)..<((i + 1) * c.head)
        #expect(sameBits(Array(result.output[span]), Array(clean.output[span])), "\(c) query \(i)")
      }
    }
  }

  @Test(arguments: instructionSets) func largeScoresAndNothingSeen(name: String) throws {
    let table = try kernels(name)
    var c = AttentionCase(queries: 9, keys: 9, head: 4)
    let rows = (0..<(9 * c.stride)).map { Float(($0 * 37) % 11) * 40 - 200 }
    let result = c.run(table, rows: rows)
    #expect(largestError(result.output, floats(c.reference(doubles(rows)).output)) < 1e-3)
    (c.queries, c.position, c.keys, c.window) = (2, 7, 5, 2)  // keys 0..4, windows 6...7 and 7...8
    let nothing = c.run(table, rows: rows)
    #expect(nothing.output.allSatisfy { $0 == 0 } && nothing.logSumExp.allSatisfy { $0 == -.infinity })
  }

  @Test(arguments: instructionSets) func gradientsByFiniteDifferences(name: String) throws {
    let table = try kernels(name)
    var numbers = TestNumbers(seed: 24)
    for c in [
      AttentionCase(queries: 4, keys: 4, head: 3), AttentionCase(queries: 7, keys: 7, head: 5, causal: false),
      AttentionCase(queries: 9, keys: 9, head: 4, window: 3, softCap: 0.8),
      AttentionCase(queries: 9, keys: 9, head: 2, causal: false, window: 2, dropout: 0.4),
      AttentionCase(queries: 3, position: 64, keys: 67, head: 2, softCap: 2, dropout: 0.2),
      AttentionCase(queries: 1, keys: 1, head: 1),
    ] {
      let rows = numbers.floats(c.keys * c.stride)
      let (dout, start) = (numbers.floats(c.queries * c.head), numbers.floats(rows.count))
      let numerical = numericalGradient(at: doubles(rows)) { dot(c.reference($0).output, doubles(dout)) }
      let expected = zip(start, numerical).map { Float(Double($0) + $1) }
      #expect(largestError(c.gradients(table, rows: rows, dout: dout, start: start), expected) < 2e-6, "\(c)")
    }
  }

  @Test(arguments: vectorInstructionSets) func gradientsAgreeWithScalar(name: String) throws {
    let (table, scalar) = (try kernels(name), try scalarKernels())
    var numbers = TestNumbers(seed: 25)
    for c in Self.cases {
      let rows = numbers.floats(c.keys * c.stride)
      let (dout, start) = (numbers.floats(c.queries * c.head), numbers.floats(rows.count))
      let result = c.gradients(table, rows: rows, dout: dout, start: start)
      let expected = c.gradients(scalar, rows: rows, dout: dout, start: start)
      #expect(largestError(result, expected) < 5e-6, "\(c)")
      #expect(sameBits(result, c.gradients(table, rows: rows, dout: dout, start: start)))
    }
  }
}
