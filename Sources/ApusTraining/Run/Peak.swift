// The machine's multiply-add peak, measured now with as many threads as the work uses: shared machines drift, so a
// share of peak needs the peak of the same minute.

import ApusCore
public import ApusTensor

extension Workspace {
  /// Float32 multiply-add rate of all threads together in FLOP/s.
  public func measuredPeak(seconds: Double = 0.1) -> Double {
    var rates = [Double](repeating: 0, count: pool.threads)
    rates.withUnsafeMutableBufferPointer { rates in
      nonisolated(unsafe) let rates = rates  // every task writes its own element
      pool.run(pool.threads) { index, _ in rates[index] = kernels.measuredPeak(seconds: seconds) }
    }
    return rates.reduce(0, +) * 1e9
  }
}
