import ApusCore
import Testing

@Suite struct VectorMathematicsTests {
  /// Largest differences from the C library's functions, in units of the last place.
  @Test func exponentialsAndLogarithmsAreThoseOfTheLibrary() {
    var random = Philox(seed: 3).stream()
    var (worstExp, worstLog, worstSmall) = (0.0, 0.0, 0.0)
    for round in 0..<20_000 {
      let spread = round % 2 == 0 ? 1.0 : 300
      let x =
        SIMD4<Double>((random.uniform() - 0.5), random.uniform(), -random.uniform(), 2 - random.uniform()) * spread
      let powers = SIMD4<Double>.exp(x), logarithms = SIMD4<Double>.log(powers)
      for lane in 0..<4 {
        let exact = Double.exp(x[lane])
        worstExp = max(worstExp, abs(powers[lane] - exact) / exact.ulp)
        let log = Double.log(powers[lane])
        // Near 1 the logarithm is small and its error that of the numbers it was added up from.
        worstLog = max(worstLog, abs(logarithms[lane] - log) / max(log.ulp, 0x1p-53))
        worstSmall = max(worstSmall, abs(logarithms[lane] - log))
      }
    }
    print("vector exp: \(worstExp) ulp, log: \(worstLog) ulp, \(worstSmall) at most")
    #expect(worstExp <= 2 && worstLog <= 3 && worstSmall < 2e-13)
  }

  @Test func theEndsOfTheRangeAreFinite() {
    let ends = SIMD4<Double>.exp(SIMD4(-.infinity, -1e300, 1e300, .infinity))
    #expect(ends[0] > 0 && ends[1] == ends[0] && ends[2].isFinite && ends[3] == ends[2])
    #expect(SIMD4<Double>.exp(SIMD4(repeating: 0)) == SIMD4(repeating: 1))
    #expect(SIMD4<Double>.log(SIMD4(repeating: 1)) == SIMD4(repeating: 0))
    let logs = SIMD4<Double>.log(ends)
    #expect(abs(logs[0] + 708) < 1e-10 && abs(logs[3] - 708) < 1e-10)
  }

  @Test func mapKeepsTheOrderForAnyNumberOfThreads() {
    for threads in [1, 2, 7] {
      let pool = ThreadPool(threads: threads)
      #expect(pool.map(1000) { "\($0)" } == (0..<1000).map { "\($0)" })
      let squares = pool.map(300, scratch: { [Int]() }) { index, scratch in
        scratch.append(index)
        return index * index
      }
      #expect(squares == (0..<300).map { $0 * $0 })
      #expect(pool.map(0) { $0 }.isEmpty)
    }
  }
}
