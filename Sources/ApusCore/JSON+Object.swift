// The keys and values of a JSON object in their order, found by the exact bytes of the key. A Swift dictionary would
// not do: it has no order, and its strings compare by canonical equivalence, so that two tokens of a vocabulary could
// become one.

extension JSON {
  /// Keys with values, in the order in which the keys came.
  public struct Object: Sendable {
    /// The keys, in their order.
    public private(set) var keys: [String] = []
    /// The values, in the order of their keys.
    public private(set) var values: [JSON] = []

    /// Open addressing: 0 is free, n + 1 stands for entry n. Empty while there are so few that a search is as quick.
    private var slots: [UInt32] = []
    private static let fewEntries = 8

    /// An object without keys.
    public init() {}

    /// An object with these keys; the last of equal ones wins.
    public init(_ entries: some Sequence<(String, JSON)>) {
      for (key, value) in entries { self[key] = value }
    }

    /// How many keys there are.
    public var count: Int { keys.count }

    /// Whether there is no key.
    public var isEmpty: Bool { keys.isEmpty }

    /// The value of `key`; setting one that is new puts it at the end, setting nil takes the key away.
    public subscript(key: String) -> JSON? {
      get { index(of: key).map { values[$0] } }
      set {
        guard let newValue else { return remove(key) }
        if let index = append(key, newValue) { values[index] = newValue }
      }
    }

    /// The place of `key` among the keys.
    public func index(of key: String) -> Int? {
      if slots.isEmpty { return keys.firstIndex { Self.same($0, key) } }
      let slot = findSlot(key)
      return slots[slot] == 0 ? nil : Int(slots[slot]) - 1
    }

    /// Appends a key that is new; or says where it stands already and changes nothing.
    mutating func append(_ key: String, _ value: JSON) -> Int? {
      if slots.isEmpty {
        if let index = keys.firstIndex(where: { Self.same($0, key) }) { return index }
        keys.append(key)
        values.append(value)
        if keys.count > Self.fewEntries { rebuild() }
        return nil
      }
      let slot = findSlot(key)
      if slots[slot] != 0 { return Int(slots[slot]) - 1 }
      keys.append(key)
      values.append(value)
      slots[slot] = UInt32(keys.count)
      if keys.count * 2 > slots.count { rebuild() }
      return nil
    }

    /// Replaces the value at a key's place.
    mutating func replace(at index: Int, with value: JSON) { values[index] = value }

    private mutating func remove(_ key: String) {
      guard let index = index(of: key) else { return }
      keys.remove(at: index)
      values.remove(at: index)
      if !slots.isEmpty { rebuild() }
    }

    /// The slot that holds `key`, or the free one where it would go.
    private func findSlot(_ key: String) -> Int {
      let mask = slots.count - 1
      var slot = Int(truncatingIfNeeded: Self.hash(key)) & mask
      while slots[slot] != 0, !Self.same(keys[Int(slots[slot]) - 1], key) { slot = (slot + 1) & mask }
      return slot
    }

    private mutating func rebuild() {
      var size = 32
      while size < keys.count * 4 { size *= 2 }
      slots = [UInt32](repeating: 0, count: size)
      for (entry, key) in keys.enumerated() {
        var slot = Int(truncatingIfNeeded: Self.hash(key)) & (size - 1)
        while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
        slots[slot] = UInt32(entry + 1)
      }
    }

    private static func hash(_ key: String) -> UInt64 {
      var key = key
      return key.withUTF8 { ByteHash.of(UnsafeRawBufferPointer($0)) }
    }

    private static func same(_ left: String, _ right: String) -> Bool {
      var (left, right) = (left, right)
      return left.withUTF8 { left in
        right.withUTF8 { right in left.count == right.count && left.elementsEqual(right) }
      }
    }
  }
}

extension JSON.Object: Sequence, Equatable {
  /// The keys with their values, in order.
  public func makeIterator() -> Zip2Sequence<[String], [JSON]>.Iterator { zip(keys, values).makeIterator() }

  /// How many keys there are.
  public var underestimatedCount: Int { keys.count }

  /// Equal where every key, in every byte, has an equal value, in whatever order.
  public static func == (left: Self, right: Self) -> Bool {
    left.count == right.count && left.allSatisfy { right[$0] == $1 }
  }
}

extension JSON.Object: ExpressibleByDictionaryLiteral {
  /// An object with the keys in the order written.
  public init(dictionaryLiteral elements: (String, JSON)...) { self.init(elements) }
}
