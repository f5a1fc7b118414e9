// What to do with text that is empty, binary or not valid UTF-8. Byte-level tokenizers can take any bytes, so nothing
// needs to be lost; but nobody should train on a photograph by mistake. Nothing is dropped or replaced silently.

public import ApusCore

/// Decides whether bytes may be used as text.
public struct TextPolicy: Sendable, Equatable {
  /// What to do about bytes that are not valid UTF-8.
  public enum InvalidUTF8: String, Sendable, CaseIterable {
    /// Keep them as they are, and say how many there are and where the first is.
    case keep
    /// Refuse the text.
    case error
  }

  /// What to do about bytes that are not valid UTF-8.
  public var invalidUTF8: InvalidUTF8
  /// Whether text with many NUL bytes is taken too.
  public var allowsBinary: Bool

  /// By default invalid bytes are kept with a warning, and binary data are refused.
  public init(invalidUTF8: InvalidUTF8 = .keep, allowsBinary: Bool = false) {
    self.invalidUTF8 = invalidUTF8
    self.allowsBinary = allowsBinary
  }

  /// Text has no NUL bytes to speak of: more than one in a thousand among the first bytes mean that it is something
  /// else.
  private static let sampleSize = 1 << 16

  /// Bytes that are looked at between two calls of `checked`.
  private static let partSize = 1 << 24

  /// Checks a text.
  /// - Parameters:
  ///   - text: the text, which may be larger than the memory.
  ///   - file: what errors call it.
  ///   - checked: called with each part that has been looked at.
  /// - Returns: a warning for the person, if there is something to warn of.
  /// - Throws: `badData` for text that is empty, binary, or not valid where it must be.
  @discardableResult
  public func check(
    _ text: Span<UInt8>, file: String? = nil, checked: (Range<Int>) -> Void = { _ in }
  ) throws(ApusError) -> String? {
    guard !text.isEmpty else {
      throw ApusError(.badData, "the text is empty", file: file, remedy: "give a text that has at least one character")
    }
    try checkBinary(text, file)
    var first: Int?
    var count = 0
    var start = 0
    while start < text.count {
      let end = Self.border(in: text, atOrBefore: start + Self.partSize)
      let part = text.extracting(start..<end)
      if let place = UTF8Validation.firstInvalid(in: part) {
        first = first ?? start + place
        count += UTF8Validation.countInvalid(in: part)
      }
      checked(start..<end)
      start = end
    }
    guard let first else { return nil }
    let finding = "\(count) \(count == 1 ? "byte is" : "bytes are") not valid UTF-8, the first at offset \(first)"
    guard invalidUTF8 == .keep else {
      throw ApusError(
        .badData, finding, file: file, place: "byte \(first)",
        remedy: "convert the text to UTF-8 (iconv), or let the bytes be kept as they are")
    }
    return [file, "\(finding); kept as they are"].compactMap { $0 }.joined(separator: ": ")
  }

  /// The last place at or before `place` that is not inside a character.
  private static func border(in text: Span<UInt8>, atOrBefore place: Int) -> Int {
    guard place < text.count else { return text.count }
    return (0..<4).map { place - $0 }.first { text[$0] & 0xC0 != 0x80 } ?? place
  }

  private func checkBinary(_ text: Span<UInt8>, _ file: String?) throws(ApusError) {
    guard !allowsBinary else { return }
    let sample = min(text.count, Self.sampleSize)
    var zeros = 0
    for index in 0..<sample where text[index] == 0 { zeros += 1 }
    guard zeros * 1000 > sample else { return }
    throw ApusError(
      .badData, "this is binary data, not text: \(zeros) of the first \(sample) bytes are NUL", file: file,
      remedy: "give a text file; convert UTF-16 to UTF-8 (iconv)")
  }
}
