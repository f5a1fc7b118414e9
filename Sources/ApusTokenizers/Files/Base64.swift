// Base64 (RFC 4648) as tokenizer files have it: the ranks of tiktoken, tekken's tokens, normalisation maps.

enum Base64 {
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for (value, digit) in digits.utf8.enumerated() { values[Int(digit)] = UInt8(value) }
    return values
  }()

  /// The bytes that `text` spells, or nil where it is not base64. Padding may be left out.
  static func decode(_ text: some RandomAccessCollection<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    return append(text, to: &bytes) ? bytes : nil
  }

  /// Appends the bytes that `text` spells; false where it is not base64.
  static func append(_ text: some RandomAccessCollection<UInt8>, to bytes: inout [UInt8]) -> Bool {
    var (buffer, bits): (UInt32, Int) = (0, 0)
    var padding = 0
    var count = 0
    for digit in text {
      count += 1
      if digit == UInt8(ascii: "=") {
        padding += 1
        continue
      }
      let value = values[Int(digit)]
      guard value < 64, padding == 0 else { return false }
      buffer = buffer << 6 | UInt32(value)
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
      }
    }
    return padding <= 2 && (padding == 0 || count % 4 == 0) && (count - padding) % 4 != 1
  }

  /// The spelling of bytes.
  static func encode(_ bytes: [UInt8]) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let part = bytes[start..<min(start + 3, bytes.count)]
      let value = part.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - part.count))
      for index in 0..<4 {
        text.append(index <= part.count ? digits[Int(value >> UInt32(18 - 6 * index) & 63)] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
