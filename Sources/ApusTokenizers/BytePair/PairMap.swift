// A dictionary keyed by pairs of token ids: open addressing in flat arrays. Serves the merges of a vocabulary and the
// pair counts of a trainer.

/// Values by pair of ids.
struct PairMap<Value: BitwiseCopyable & Sendable>: Sendable {
  private var keys: [UInt64]
  private var values: [Value]
  private var mask: Int
  private(set) var count = 0
  private let filler: Value
  private static var empty: UInt64 { UInt64.max }

  /// - Parameter filler: any value, to fill unused places.
  init(capacity: Int, filler: Value) {
    var size = 64
    while size < capacity * 2 { size *= 2 }
    keys = [UInt64](repeating: Self.empty, count: size)
    values = [Value](repeating: filler, count: size)
    mask = size - 1
    self.filler = filler
  }

  @inline(__always) subscript(left: Int32, right: Int32) -> Value? {
    let slot = slot(of: Self.key(left, right))
    return keys[slot] == Self.empty ? nil : values[slot]
  }

  /// Sets the value of a pair, whether or not it has one.
  mutating func update(_ left: Int32, _ right: Int32, _ value: Value) {
    if (count + 1) * 2 > keys.count { grow() }
    let key = Self.key(left, right)
    let slot = slot(of: key)
    if keys[slot] == Self.empty { count += 1 }
    keys[slot] = key
    values[slot] = value
  }

  /// The value of a pair, which becomes `value` if it has none.
  @inline(__always) mutating func value(_ left: Int32, _ right: Int32, orInsert value: Value) -> Value {
    let slot = slot(of: Self.key(left, right))
    if keys[slot] != Self.empty { return values[slot] }
    update(left, right, value)
    return value
  }

  @inline(__always) private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// Where `key` is, or would be put.
  @inline(__always) private func slot(of key: UInt64) -> Int {
    var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 24) & mask
    while keys[slot] != key && keys[slot] != Self.empty { slot = (slot + 1) & mask }
    return slot
  }

  private mutating func grow() {
    let old = self
    self = PairMap(capacity: old.keys.count, filler: filler)
    for (key, value) in zip(old.keys, old.values) where key != Self.empty {
      let slot = slot(of: key)
      keys[slot] = key
      values[slot] = value
      count += 1
    }
  }
}

/// One merge: its rank among the merges and the token that it makes.
struct Merge: BitwiseCopyable, Sendable, Equatable {
  var rank: UInt32
  var id: Int32
}

extension PairMap<Merge> {
  init(merges: Int) { self.init(capacity: merges, filler: Merge(rank: 0, id: 0)) }
}
