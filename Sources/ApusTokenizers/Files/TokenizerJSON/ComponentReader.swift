// What the readers of `tokenizer.json` share: a component is an object with a `type`, a sequence of them is one too,
// and a pattern is a text or a regular expression.

import ApusCore

/// Reads components of one kind, each with the path that leads to it.
struct ComponentReader {
  let file: String?

  /// Calls `body` with each component, those of sequences one by one; `list` is the key under which a sequence has
  /// them.
  func forEach(
    _ value: JSON?, _ path: String, list: String, _ body: (_ type: String, JSON.Reader) throws(ApusError) -> Void
  ) throws(ApusError) {
    guard let value, !value.isNull else { return }
    guard let object = value.object else {
      throw ApusError(.badData, "an object is expected, not \(value.kindName)", file: file, place: "key `\(path)`")
    }
    let reader = JSON.Reader(object, file: file, path: path)
    let type = try reader.requiredString("type")
    if type == "Sequence" {
      for (index, part) in (try reader.array(list) ?? []).enumerated() {
        try forEach(part, "\(path).\(list)[\(index)]", list: list, body)
      }
    } else {
      try body(type, reader)
    }
    try reader.finish()
  }

  /// The expression of `key`, where it is a regular one.
  func expression(_ reader: JSON.Reader, _ key: String = "pattern") -> [UInt8]? {
    reader.value(key)?["Regex"]?.string.map { Array($0.utf8) }
  }

  /// What `key` says to look for.
  func matcher(_ reader: JSON.Reader, _ key: String = "pattern") throws(ApusError) -> Matcher {
    if let text = reader.value(key)?["String"]?.string { return .literal(Array(text.utf8)) }
    guard let expression = expression(reader, key) else {
      throw reader.error(key, #"{"String": …} or {"Regex": …} is expected"#)
    }
    return .regex(try regex(expression, reader, key))
  }

  func regex(_ expression: [UInt8], _ reader: JSON.Reader, _ key: String) throws(ApusError) -> Regex {
    do throws(ApusError) { return try Regex(expression) } catch {
      throw reader.error(key, [error.place, error.problem].compactMap { $0 }.joined(separator: ": "))
    }
  }

  /// A whole number that is not negative and not absurd.
  func count(_ reader: JSON.Reader, _ key: String, default fallback: Int) throws(ApusError) -> Int {
    let value = try reader.int(key, default: fallback)
    guard (0...1_000_000).contains(value) else { throw reader.error(key, "\(value) is out of range (0 to 1000000)") }
    return value
  }
}
