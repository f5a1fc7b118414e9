// Reads the component `pre_tokenizer` of a `tokenizer.json`: how text is cut into pieces.

import ApusCore

/// What a pre-tokeniser says.
struct PreTokenizer: Equatable {
  var splitter = Splitter([])
  /// Whether the last step spells bytes in their stand-in characters; it is not among the splitter's steps.
  var endsInByteLevel = false
}

/// Reads a component and those inside it.
struct PreTokenizerReader {
  let file: String?
  private var components: ComponentReader { ComponentReader(file: file) }

  init(file: String?) { self.file = file }

  func read(_ value: JSON?) throws(ApusError) -> PreTokenizer {
    var steps: [Splitter.Step] = []
    try components.forEach(value, "pre_tokenizer", list: "pretokenizers") { type, reader throws(ApusError) in
      steps += try self.steps(type, reader)
    }
    let endsInByteLevel = steps.last == .byteLevel
    if endsInByteLevel { steps.removeLast() }
    return PreTokenizer(splitter: Splitter(steps: steps), endsInByteLevel: endsInByteLevel)
  }

  private func steps(_ type: String, _ reader: JSON.Reader) throws(ApusError) -> [Splitter.Step] {
    switch type {
    case "ByteLevel": return try byteLevel(reader)
    case "Split": return [try split(reader)]
    case "Whitespace": return [.pattern(.rustWords)]
    case "WhitespaceSplit": return [.pattern(.words)]
    case "BertPreTokenizer": return [.pattern(.words), .cut(Cut(matcher: .scalar(.punctuation), behavior: .isolated))]
    case "Punctuation":
      return [.cut(Cut(matcher: .scalar(.punctuation), behavior: try behavior(reader, default: .isolated)))]
    case "Digits":
      if try reader.bool("individual_digits", default: false) { return [.pattern(.digits)] }
      return [.cut(Cut(matcher: .scalar(.number), behavior: .contiguous))]
    case "Metaspace": return [.metaspace(try MetaspaceReader.read(reader))]
    case "CharDelimiterSplit":
      return [.cut(Cut(matcher: .literal(Array(try reader.requiredString("delimiter").utf8)), behavior: .removed))]
    case "UnicodeScripts": return [.scripts]
    case "FixedLength": return [.fixedLength(max(1, try components.count(reader, "length", default: 5)))]
    default: throw reader.error("type", "the pre-tokeniser '\(type)' is not supported")
    }
  }

  private func byteLevel(_ reader: JSON.Reader) throws(ApusError) -> [Splitter.Step] {
    reader.ignore("trim_offsets")
    var steps: [Splitter.Step] = []
    if try reader.bool("add_prefix_space", default: true) { steps.append(.spaceBefore) }
    if try reader.bool("use_regex", default: true) { steps.append(.pattern(.gpt2)) }
    return steps + [.byteLevel]
  }

  private func behavior(_ reader: JSON.Reader, default fallback: SplitBehavior) throws(ApusError) -> SplitBehavior {
    let name = try reader.string("behavior", default: fallback.rawValue)
    guard let behavior = SplitBehavior(rawValue: name) else { throw reader.error("behavior", "'\(name)' is unknown") }
    return behavior
  }

  private func split(_ reader: JSON.Reader) throws(ApusError) -> Splitter.Step {
    let behavior = try behavior(reader, default: .isolated)
    let isInverted = try reader.bool("invert", default: false)
    // A pattern that matches everything cuts the same way as what is left and as what is taken out.
    let takesMatches = isInverted ? behavior == .removed : behavior == .isolated
    if takesMatches, let expression = components.expression(reader),
      let pattern = SplitPattern.named(byRegularExpression: expression)
    {
      return .pattern(pattern)
    }
    return .cut(Cut(matcher: try components.matcher(reader), behavior: behavior, isInverted: isInverted))
  }
}

/// Reads what `Metaspace` says, as pre-tokeniser and as decoder.
enum MetaspaceReader {
  static func read(_ reader: JSON.Reader) throws(ApusError) -> Metaspace {
    var metaspace = Metaspace()
    metaspace.replacement = Array(try reader.string("replacement", default: "▁").utf8)
    guard !metaspace.replacement.isEmpty else { throw reader.error("replacement", "must not be empty") }
    reader.ignore("str_rep")
    metaspace.splits = try reader.bool("split", default: true)
    let addsPrefix = try reader.bool("add_prefix_space", default: true)
    let scheme = try reader.string("prepend_scheme", default: addsPrefix ? "always" : "never")
    guard let prepending = Metaspace.Prepending(rawValue: scheme) else {
      throw reader.error("prepend_scheme", "'\(scheme)' is unknown: always, first or never")
    }
    metaspace.prepending = prepending
    return metaspace
  }
}
