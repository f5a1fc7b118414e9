// A hash of bytes for tables in memory: eight bytes a round, folded from a 128-bit product. The seed is drawn anew by
// every process, so that nobody can prepare a file or a text that collides; nothing that is written may depend on it.

/// Hashes bytes for tables.
package enum ByteHash {
  @usableFromInline static let seed = UInt64.random(in: 0 ... .max)

  /// The hash of some bytes; differs from process to process.
  @inlinable package static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    // Hot: every key of a JSON object and every word of a text pass here. `loadUnaligned` stays below `count`.
    var state = seed ^ UInt64(truncatingIfNeeded: bytes.count)
    var place = 0
    while place + 8 <= bytes.count {
      state = fold(state ^ bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
      place += 8
    }
    var tail: UInt64 = 0
    while place < bytes.count {
      tail = tail << 8 | UInt64(bytes[place])
      place += 1
    }
    return fold(state ^ tail) ^ seed
  }

  @inlinable static func fold(_ value: UInt64) -> UInt64 {
    let product = (value ^ 0xA076_1D64_78BD_642F).multipliedFullWidth(by: 0xE703_7ED1_A0B4_28DB)
    return product.high ^ product.low
  }
}
