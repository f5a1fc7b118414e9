// What this machine can do at most, measured with the threads that the work uses: shared machines drift, so a share of
// a limit needs a limit measured just before. The threads begin together, each times itself, and their rates add up.

import ApusCore
import CApusKernels
import Synchronization

extension Workspace {
  /// Float32 multiply-add rate of all threads together in FLOP/s.
  public func measuredPeak(seconds: Double = 0.1) -> Double {
    sumOverThreads { _ in kernels.measuredPeak(seconds: seconds) * 1e9 }
  }

  /// Bytes a second that all threads together read from memory, one after another; the best of `rounds` passes over
  /// more than the caches hold.
  public func measuredBandwidth(rounds: Int = 5) -> Double {
    let count = 1 << 24
    let memory = (0..<pool.threads).map { _ in OperationCase.random(rows: 2, columns: 1 << 10).repeated(count) }
    return (0..<rounds).reduce(0.0) { best, _ in
      let rate = sumOverThreads { thread in
        let values = memory[thread].pointer
        let seconds = OperationCase.seconds { _ = kernels.table.pointee.dot(values, values + count / 2, count / 2) }
        return Double(4 * count) / seconds
      }
      return max(best, rate)
    }
  }

  private func sumOverThreads(_ rate: (Int) -> Double) -> Double {
    let pool = ThreadPool(threads: pool.threads)  // of its own: tasks that meet must not run one after the other
    let met = Atomic(0)
    var rates = [Double](repeating: 0, count: pool.threads)
    rates.withUnsafeMutableBufferPointer { rates in
      nonisolated(unsafe) let rates = rates  // every task writes its own element
      pool.run(pool.threads) { index, _ in
        met.wrappingAdd(1, ordering: .acquiringAndReleasing)
        while met.load(ordering: .acquiring) < pool.threads {}
        rates[index] = rate(index)
      }
    }
    return rates.reduce(0, +)
  }
}

extension Tensor {
  /// A row of `count` values that begins with these and goes on with them.
  fileprivate func repeated(_ count: Int) -> Tensor {
    let row = Tensor(rows: 1, columns: count)
    for start in stride(from: 0, to: count, by: self.count) {
      (row.pointer + start).update(from: pointer, count: min(self.count, count - start))
    }
    return row
  }
}
