// The median, which timings and fits alike prefer to a mean: a few disturbed values do not move it.

extension Collection where Element == Double {
  /// The middle value; the mean of the two middle ones of an even number; 0 where there is none.
  package var median: Double {
    let sorted = sorted()
    guard let last = sorted.last else { return 0 }
    let middle = sorted.count / 2
    guard middle > 0 else { return last }
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
