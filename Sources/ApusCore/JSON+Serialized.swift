// Writing JSON, compact or indented by two spaces. Numbers get the fewest digits that read back as the same double;
// text stays UTF-8 and only what must be escaped is. A number that JSON cannot say (NaN, infinity) becomes null.

extension JSON {
  /// This value as JSON text.
  ///
  /// - Parameter pretty: each element on a line of its own, indented by two spaces; else no space at all.
  public func serialized(pretty: Bool = false) -> [UInt8] {
    var bytes: [UInt8] = []
    append(to: &bytes, indentation: pretty ? 0 : nil)
    return bytes
  }

  /// This value as JSON text.
  public func text(pretty: Bool = false) -> String { String(decoding: serialized(pretty: pretty), as: UTF8.self) }

  private func append(to bytes: inout [UInt8], indentation: Int?) {
    switch self {
    case .null: bytes.append(contentsOf: "null".utf8)
    case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
    case .int(let value): bytes.append(contentsOf: String(value).utf8)
    case .double(let value): bytes.append(contentsOf: (value.isFinite ? value.description : "null").utf8)
    case .string(let value): Self.append(value, to: &bytes)
    case .array(let values):
      Self.append(count: values.count, brackets: ("[", "]"), to: &bytes, indentation) { index, bytes, inner in
        values[index].append(to: &bytes, indentation: inner)
      }
    case .object(let object):
      Self.append(count: object.count, brackets: ("{", "}"), to: &bytes, indentation) { index, bytes, inner in
        Self.append(object.keys[index], to: &bytes)
        bytes.append(contentsOf: (inner == nil ? ":" : ": ").utf8)
        object.values[index].append(to: &bytes, indentation: inner)
      }
    }
  }

  private static func append(
    count: Int, brackets: (String, String), to bytes: inout [UInt8], _ indentation: Int?,
    element: (_ index: Int, _ bytes: inout [UInt8], _ indentation: Int?) -> Void
  ) {
    bytes.append(contentsOf: brackets.0.utf8)
    let inner = indentation.map { $0 + 1 }
    for index in 0..<count {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      if let inner { appendLine(indentedBy: inner, to: &bytes) }
      element(index, &bytes, inner)
    }
    if let indentation, count > 0 { appendLine(indentedBy: indentation, to: &bytes) }
    bytes.append(contentsOf: brackets.1.utf8)
  }

  private static func appendLine(indentedBy depth: Int, to bytes: inout [UInt8]) {
    bytes.append(0x0A)
    for _ in 0..<depth * 2 { bytes.append(0x20) }
  }

  /// Appends `text` in quotation marks.
  static func append(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0x08: bytes.append(contentsOf: "\\b".utf8)
      case 0x09: bytes.append(contentsOf: "\\t".utf8)
      case 0x0A: bytes.append(contentsOf: "\\n".utf8)
      case 0x0C: bytes.append(contentsOf: "\\f".utf8)
      case 0x0D: bytes.append(contentsOf: "\\r".utf8)
      case 0..<0x20:
        bytes.append(contentsOf: "\\u00".utf8)
        for digit in [byte >> 4, byte & 15] { bytes.append(digit + (digit < 10 ? 48 : 87)) }
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
