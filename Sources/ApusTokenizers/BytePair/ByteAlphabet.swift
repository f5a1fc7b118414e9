// How files spell tokens that are not text: each byte has a printable character that stands for it (Radford et al.
// 2019, encoder.py). Printable Latin-1 stands for itself, the other bytes for U+0100 onwards in order.

/// The stand-in characters of bytes.
enum ByteAlphabet {
  /// For each byte its stand-in.
  static let standIns: [Unicode.Scalar] = {
    var next: UInt32 = 0x100
    return (0...255).map { byte in
      let isItself = 0x21...0x7E ~= byte || 0xA1...0xAC ~= byte || 0xAE...0xFF ~= byte
      defer { if !isItself { next += 1 } }
      return Unicode.Scalar(isItself ? UInt32(byte) : next) ?? "?"
    }
  }()

  /// For each code point below 0x200 the byte that it stands for, or -1.
  private static let byteOfScalar: [Int16] = {
    var bytes = [Int16](repeating: -1, count: 0x200)
    for (byte, standIn) in standIns.enumerated() { bytes[Int(standIn.value)] = Int16(byte) }
    return bytes
  }()

  /// All bytes in the order of their stand-ins' code points: the order of ids in the `tokenizers` library.
  static let bytesByStandIn: [UInt8] = (0...255).map { UInt8($0) }.sorted {
    standIns[Int($0)].value < standIns[Int($1)].value
  }

  /// The spelling of a token.
  static func spelling(of token: some Sequence<UInt8>) -> String {
    var spelling = String.UnicodeScalarView()
    for byte in token { spelling.append(standIns[Int(byte)]) }
    return String(spelling)
  }

  /// The spelling of a token in UTF-8.
  static func utf8Spelling(of token: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var spelling: [UInt8] = []
    spelling.reserveCapacity(token.count * 2)
    for byte in token { UTF8Coding.append(standIns[Int(byte)].value, to: &spelling) }
    return spelling
  }

  /// The bytes of a spelling in UTF-8, or nil where a character stands for no byte. All stand-ins have one or two
  /// bytes.
  static func bytes(of spelling: UnsafeBufferPointer<UInt8>, into result: inout [UInt8]) -> Bool {
    result.removeAll(keepingCapacity: true)
    let byteOfScalar = byteOfScalar
    var place = 0
    while place < spelling.count {
      let lead = spelling[place]
      let isWide = (0xC2...0xC7).contains(lead) && place + 1 < spelling.count
      guard lead < 0x80 || isWide else { return false }
      let scalar = isWide ? Int(lead & 0x1F) << 6 | Int(spelling[place + 1] & 0x3F) : Int(lead)
      guard byteOfScalar[scalar] >= 0 else { return false }
      result.append(UInt8(byteOfScalar[scalar]))
      place += isWide ? 2 : 1
    }
    return true
  }

  /// How files spell the token that stands for a byte: `<0x0A>`.
  static func fallbackSpelling(of byte: UInt8) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    return Array("<0x".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)], UInt8(ascii: ">")]
  }

  /// The byte of a token like `<0x0A>`, by which sentencepiece spells characters that it lacks.
  static func fallbackByte(of token: some RandomAccessCollection<UInt8>) -> UInt8? {
    guard token.count == 6, token.starts(with: "<0x".utf8), token.last == UInt8(ascii: ">") else { return nil }
    return UInt8(String(decoding: token.dropFirst(3).prefix(2), as: UTF8.self), radix: 16)
  }

  /// For each byte the token `<0x…>` of a vocabulary; nil where one is missing.
  static func fallbackTokens(_ id: ([UInt8]) -> Int32?) -> [Int32]? {
    let tokens = (UInt8.min...UInt8.max).compactMap { id(fallbackSpelling(of: $0)) }
    return tokens.count == 256 ? tokens : nil
  }
}
