// How much longer four times as much work takes, in the time that the thread itself worked, so that a busy machine does
// not disturb it: the least of several runs, and again where the outcome looks bad.

import Foundation

enum LinearTime {
  /// Growth beyond this is not linear: 4 is, n log n and smaller caches are near it, quadratic is 16.
  static let limit = 8.0

  /// The time of `4 * size` over that of `size`.
  static func growth<E: Error>(_ size: Int, _ work: (_ size: Int) throws(E) -> Void) throws(E) -> Double {
    var (single, fourfold) = (Double.infinity, Double.infinity)
    for round in 1...6 {
      single = min(single, try time(size, work))
      fourfold = min(fourfold, try time(4 * size, work))
      if round >= 2 && fourfold / single < 6 { break }
    }
    return fourfold / single
  }

  private static func time<E: Error>(_ size: Int, _ work: (Int) throws(E) -> Void) throws(E) -> Double {
    let start = threadTime()
    try work(size)
    return max(1e-9, threadTime() - start)
  }

  /// Seconds that this thread has worked.
  private static func threadTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
