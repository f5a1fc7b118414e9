// A set of byte strings that remembers the order in which they came: the dictionary of vocabularies, word counts and
// word caches. Open addressing with linear probing over one arena; no string is an object. Marked hot loop: it compares
// and copies through raw pointers that never leave a call.

import ApusCore

/// Gives each distinct byte string an index, in order of first appearance.
struct ByteInterner: Sendable {
  /// For each slot (index + 1) << 32 | upper half of the hash, or 0.
  private var slots: [UInt64]
  private var mask: Int
  private var arena: [UInt8] = []
  /// Where string `i` begins in the arena; one more entry for the end.
  private var starts: [Int] = [0]

  /// Room for `capacity` strings of `bytes` bytes together; both may grow.
  init(capacity: Int = 16, bytes: Int = 0) {
    var size = 32
    while size < capacity * 2 { size *= 2 }
    starts.reserveCapacity(capacity + 1)
    arena.reserveCapacity(bytes)
    slots = [UInt64](repeating: 0, count: size)
    mask = size - 1
  }

  var count: Int { starts.count - 1 }
  /// The bytes of all strings together.
  var byteCount: Int { arena.count }

  /// How much memory the table takes, in bytes.
  var byteSize: Int { slots.capacity * 8 + arena.capacity + starts.capacity * 8 }

  /// The bytes of string `index`.
  subscript(index: Int) -> ArraySlice<UInt8> { arena[starts[index]..<starts[index + 1]] }

  /// The length in bytes of string `index`.
  func length(of index: Int) -> Int { starts[index + 1] - starts[index] }

  /// The index of `bytes`, or nil where they never came.
  func index(of bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    let hash = Self.hash(bytes)
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      if let index = match(slot, hash, bytes) { return index }
      slot = (slot + 1) & mask
    }
    return nil
  }

  func index(of bytes: [UInt8]) -> Int? { bytes.withUnsafeBufferPointer { index(of: $0) } }

  /// The index of `bytes`, given now if they are new.
  mutating func intern(_ bytes: UnsafeBufferPointer<UInt8>) -> (index: Int, isNew: Bool) {
    let hash = Self.hash(bytes)
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      if let index = match(slot, hash, bytes) { return (index, false) }
      slot = (slot + 1) & mask
    }
    let index = count
    slots[slot] = UInt64(index + 1) << 32 | hash >> 32
    arena.append(contentsOf: bytes)
    starts.append(arena.count)
    if count * 2 > slots.count { grow() }
    return (index, true)
  }

  @discardableResult mutating func intern(_ bytes: some Sequence<UInt8>) -> (index: Int, isNew: Bool) {
    Array(bytes).withUnsafeBufferPointer { intern($0) }
  }

  /// Calls `body` with every string.
  func forEach(_ body: (_ index: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Void) {
    arena.withUnsafeBufferPointer { arena in
      for index in 0..<count { body(index, UnsafeBufferPointer(rebasing: arena[starts[index]..<starts[index + 1]])) }
    }
  }

  /// Forgets all strings, keeps the memory.
  mutating func removeAll() {
    for slot in slots.indices { slots[slot] = 0 }
    arena.removeAll(keepingCapacity: true)
    starts.removeAll(keepingCapacity: true)
    starts.append(0)
  }

  @inline(__always) private func match(_ slot: Int, _ hash: UInt64, _ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    let entry = slots[slot]
    guard UInt32(truncatingIfNeeded: entry) == UInt32(truncatingIfNeeded: hash >> 32) else { return nil }
    let index = Int(entry >> 32) - 1
    let start = starts[index]
    guard starts[index + 1] - start == bytes.count else { return nil }
    let isEqual = arena.withUnsafeBufferPointer { arena in
      for offset in 0..<bytes.count where arena[start + offset] != bytes[offset] { return false }
      return true
    }
    return isEqual ? index : nil
  }

  private mutating func grow() {
    mask = slots.count * 2 - 1
    slots = [UInt64](repeating: 0, count: mask + 1)
    arena.withUnsafeBufferPointer { arena in
      for index in 0..<starts.count - 1 {
        let hash = Self.hash(UnsafeBufferPointer(rebasing: arena[starts[index]..<starts[index + 1]]))
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 { slot = (slot + 1) & mask }
        slots[slot] = UInt64(index + 1) << 32 | hash >> 32
      }
    }
  }

  @inline(__always) private static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    ByteHash.of(UnsafeRawBufferPointer(bytes))
  }
}
