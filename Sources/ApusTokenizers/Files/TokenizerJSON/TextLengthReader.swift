// The keys `truncation` and `padding` of a `tokenizer.json`, read and written. What they do is TextLength's business.

import ApusCore

/// Reads and writes how texts are cut and filled up.
struct TextLengthReader {
  let root: JSON.Reader

  func truncation() throws(ApusError) -> Truncation? {
    guard let reader = try root.object("truncation") else { return nil }
    return Truncation(
      length: try size("max_length", reader), choice: try choice("strategy", reader, or: .longestFirst),
      end: try choice("direction", reader, or: .right), stride: try size("stride", reader, or: 0))
  }

  func padding() throws(ApusError) -> Padding? {
    guard let reader = try root.object("padding") else { return nil }
    let id = try reader.requiredInt("pad_id")
    guard (0..<Vocabulary.idLimit).contains(id) else {
      throw reader.error("pad_id", "\(id) is out of range (0 to \(Vocabulary.idLimit - 1))")
    }
    reader.ignore("pad_token")
    let type = Int32(clamping: try reader.int("pad_type_id", default: 0))
    return Padding(
      try length(reader), multiple: try reader.int("pad_to_multiple_of"),
      end: try choice("direction", reader, or: .right), id: Int32(id), type: type)
  }

  /// `"BatchLongest"` or `{"Fixed": 128}`.
  private func length(_ reader: JSON.Reader) throws(ApusError) -> Padding.Length {
    if reader.value("strategy")?.string == "BatchLongest" { return .longest }
    guard let fixed = try reader.object("strategy") else { throw reader.error("strategy", "is missing") }
    let length = try size("Fixed", fixed)
    guard length <= Padding.mostLength else {
      throw fixed.error("Fixed", "\(length) is too long (at most \(Padding.mostLength))")
    }
    return .fixed(length)
  }

  private func size(_ key: String, _ reader: JSON.Reader, or fallback: Int? = nil) throws(ApusError) -> Int {
    let value = try fallback == nil ? reader.requiredInt(key) : reader.int(key) ?? fallback ?? 0
    guard value >= 0 else { throw reader.error(key, "\(value) is negative") }
    return value
  }

  private func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ key: String, _ reader: JSON.Reader, or fallback: Choice
  ) throws(ApusError) -> Choice {
    guard let name = try reader.string(key) else { return fallback }
    if let choice = Choice(rawValue: name) { return choice }
    let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
    throw reader.error(key, "'\(name)' is none of \(known)")
  }
}

extension Truncation {
  var json: JSON {
    [
      "direction": .string(end.rawValue), "max_length": JSON(length), "strategy": .string(choice.rawValue),
      "stride": JSON(stride),
    ]
  }
}

extension Padding {
  /// - Parameter token: the text of the token that fills up.
  func json(token: String) -> JSON {
    let strategy: JSON = if case .fixed(let length) = length { ["Fixed": JSON(length)] } else { "BatchLongest" }
    return [
      "strategy": strategy, "direction": .string(end.rawValue),
      "pad_to_multiple_of": multiple.map { JSON($0) } ?? .null, "pad_id": JSON(Int(id)), "pad_type_id": JSON(Int(type)),
      "pad_token": .string(token),
    ]
  }
}
