// How much longer four times as much work takes, measured so that a busy machine does not disturb it: the least of
// several runs, and again where the outcome looks bad.

enum LinearTime {
  /// Growth beyond this is not linear: 4 is, n log n is near it, quadratic is 16.
  static let limit = 8.0

  /// The time of `4 * size` over that of `size`.
  static func growth<E: Error>(_ size: Int, _ work: (_ size: Int) throws(E) -> Void) throws(E) -> Double {
    var (single, fourfold) = (Duration.seconds(1_000_000), Duration.seconds(1_000_000))
    for round in 1...6 {
      single = min(single, try time(size, work))
      fourfold = min(fourfold, try time(4 * size, work))
      if round >= 2 && fourfold / single < 6 { break }
    }
    return fourfold / single
  }

  private static func time<E: Error>(_ size: Int, _ work: (Int) throws(E) -> Void) throws(E) -> Duration {
    let start = ContinuousClock.now
    try work(size)
    return max(.nanoseconds(1), ContinuousClock.now - start)
  }
}
