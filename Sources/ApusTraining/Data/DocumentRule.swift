// What a document is, and where it ends in the bytes of a file. It knows no tokenizer; it yields ranges of bytes.

import ApusCore

/// How text is cut into documents.
public enum DocumentRule: String, Sendable, CaseIterable {
  /// `jsonl` for names that end so, `separator` where the first megabyte holds one, `file` for 20 files or more, else
  /// `text`.
  case automatic
  /// Documents stand between separators.
  case separator
  /// Every file is a document.
  case file
  /// Every line is a JSON object; its string `text` is a document.
  case jsonl
  /// Every file is one long text: its end is kept for validation.
  case text

  /// So many make a collection of documents; fewer are a long text in parts.
  static let leastDocuments = 20

  /// The rule that `automatic` stands for; other rules are themselves.
  func resolved(names: [String], beginning: [UInt8], separator: [UInt8]) -> DocumentRule {
    guard self == .automatic else { return self }
    if names.allSatisfy({ $0.hasSuffix(".jsonl") }) { return .jsonl }
    if !separator.isEmpty && ByteSearch.first(separator, in: beginning.span, from: 0) != nil { return .separator }
    return names.count >= Self.leastDocuments ? .file : .text
  }
}

/// Finds bytes in bytes.
enum ByteSearch {
  /// Where `pattern` first stands at or after `start`.
  static func first(_ pattern: [UInt8], in bytes: Span<UInt8>, from start: Int) -> Int? {
    guard let head = pattern.first, bytes.count >= pattern.count else { return nil }
    var place = start
    while place <= bytes.count - pattern.count {
      if bytes[place] == head && matches(pattern, bytes, place) { return place }
      place += 1
    }
    return nil
  }

  private static func matches(_ pattern: [UInt8], _ bytes: Span<UInt8>, _ place: Int) -> Bool {
    for index in pattern.indices where bytes[place + index] != pattern[index] { return false }
    return true
  }
}

/// Cuts the bytes of one file into documents.
struct DocumentCutter {
  let rule: DocumentRule
  let separator: [UInt8]
  let file: String

  /// The next document at or after `place`, which moves behind it; nil at the end. White space at the edges of a
  /// separated document is left out, and so are documents of nothing else.
  func next(in bytes: Span<UInt8>, _ place: inout Int) throws(ApusError) -> [UInt8]? {
    while place < bytes.count {
      let start = place
      var end = bytes.count
      switch rule {
      case .separator:
        if let found = ByteSearch.first(separator, in: bytes, from: start) { end = found }
        place = end == bytes.count ? end : end + separator.count
      case .jsonl:
        if let found = ByteSearch.first([0x0A], in: bytes, from: start) { end = found }
        place = end + 1
      case .automatic, .file, .text:
        place = end
        return copy(bytes, start..<end)
      }
      let range = trimmed(bytes, start..<end)
      if range.isEmpty { continue }
      return rule == .jsonl ? try text(ofRecord: copy(bytes, range), at: start) : copy(bytes, range)
    }
    return nil
  }

  private func text(ofRecord record: [UInt8], at offset: Int) throws(ApusError) -> [UInt8] {
    guard case .object(let object) = try JSON.parse(record, file: file), case .string(let text)? = object["text"] else {
      throw ApusError(
        .badData, "holds a line that is no JSON object with a string 'text'", file: file, place: "offset \(offset)",
        remedy: "give one object a line, or choose another rule for documents")
    }
    return Array(text.utf8)
  }

  private func trimmed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, Self.isSpace(bytes[start]) { start += 1 }
    while start < end, Self.isSpace(bytes[end - 1]) { end -= 1 }
    return start..<end
  }

  private func copy(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
    range.map { bytes[$0] }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
