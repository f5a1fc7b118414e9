// The tables of one rotation, by the length that a sequence is declared to reach: one for most kinds of scaling, two
// for LongRoPE, any number for dynamic ones. It knows no kind of scaling: whoever makes it says which lengths are
// alike.

import Synchronization

/// Rotations that may depend on the declared length of a sequence.
public final class RotaryTables: Sendable {
  // Tables that are kept; sequences of more lengths than these at a time make theirs anew.
  private static let limit = 16

  /// Whether rotation pairs features (2i, 2i + 1) instead of (i, i + half).
  public let isInterleaved: Bool
  private let representative: @Sendable (Int) -> Int
  private let make: @Sendable (Int) -> RotaryTable
  private let known = Mutex<[(length: Int, table: RotaryTable)]>([])

  /// Tables made by `make`, one for all lengths that have the same `representative`.
  public init(
    isInterleaved: Bool = false, representative: @escaping @Sendable (_ length: Int) -> Int,
    make: @escaping @Sendable (_ length: Int) -> RotaryTable
  ) {
    self.isInterleaved = isInterleaved
    self.representative = representative
    self.make = make
  }

  /// One table for all lengths.
  public convenience init(_ table: RotaryTable, isInterleaved: Bool = false) {
    self.init(isInterleaved: isInterleaved, representative: { _ in 0 }, make: { _ in table })
  }

  /// The table of a sequence that has, or will have, up to `length` tokens.
  public func table(forLength length: Int) -> RotaryTable {
    let length = representative(length)
    return known.withLock { known in
      if let found = known.first(where: { $0.length == length }) { return found.table }
      if known.count == Self.limit { known.removeFirst() }
      let table = make(length)
      known.append((length, table))
      return table
    }
  }
}
