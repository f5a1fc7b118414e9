// Reads the component `pre_tokenizer` of a `tokenizer.json`: how text is cut into pieces.

import ApusCore

/// What a pre-tokeniser says.
struct PreTokenizer: Equatable {
  var splitter = Splitter([])
  /// Whether tokens are spelt in the stand-in characters of bytes.
  var isByteLevel = false
}

/// Reads a component and those inside it.
struct PreTokenizerReader {
  let file: String?

  func read(_ value: JSON?) throws(ApusError) -> PreTokenizer {
    var result = PreTokenizer()
    if let value { try add(value, path: "pre_tokenizer", to: &result) }
    return result
  }

  private func add(_ value: JSON, path: String, to result: inout PreTokenizer) throws(ApusError) {
    guard let object = value.object else {
      throw ApusError(.badData, "an object is expected, not \(value.kindName)", file: file, place: "key `\(path)`")
    }
    let reader = JSON.Reader(object, file: file, path: path)
    let type = try reader.requiredString("type")
    guard !result.isByteLevel else { throw reader.error("type", "'\(type)' after ByteLevel is not supported") }
    switch type {
    case "Sequence":
      for (index, part) in (try reader.array("pretokenizers") ?? []).enumerated() {
        try add(part, path: "\(path).pretokenizers[\(index)]", to: &result)
      }
    case "ByteLevel": try addByteLevel(reader, to: &result)
    case "Split": result.splitter.patterns.append(try splitPattern(reader))
    case "WhitespaceSplit": result.splitter.patterns.append(.words)
    case "Digits" where try reader.bool("individual_digits", default: false): result.splitter.patterns.append(.digits)
    default: throw reader.error("type", "the pre-tokeniser '\(type)' is not supported")
    }
    try reader.finish()
  }

  private func addByteLevel(_ reader: JSON.Reader, to result: inout PreTokenizer) throws(ApusError) {
    reader.ignore("trim_offsets")
    guard try !reader.bool("add_prefix_space", default: true) else {
      throw reader.error("add_prefix_space", "a space put before the text is not supported", remedy: "set it to false")
    }
    if try reader.bool("use_regex", default: true) { result.splitter.patterns.append(.gpt2) }
    result.isByteLevel = true
  }

  private func splitPattern(_ reader: JSON.Reader) throws(ApusError) -> SplitPattern {
    let behavior = try reader.requiredString("behavior")
    let isInverted = try reader.bool("invert", default: false)
    guard behavior == "Isolated", !isInverted else {
      throw reader.error("behavior", "splitting is only supported as Isolated and not inverted")
    }
    let expression = reader.value("pattern")?["Regex"]?.string
    guard let pattern = expression.flatMap({ SplitPattern.named(byRegularExpression: $0) }) else {
      let shown = reader.value("pattern")?.text() ?? "none"
      throw reader.error("pattern", "this splitting pattern is not supported: \(shown)")
    }
    return pattern
  }
}
