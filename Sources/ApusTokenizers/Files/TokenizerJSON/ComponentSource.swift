// The components of a tokenizer as `tokenizer.json` spells them: kept as they came, or spelt for tokenizers made here.
// It knows no vocabulary.

import ApusCore

/// What a written `tokenizer.json` says besides model and added tokens.
struct ComponentSource: Sendable, Equatable {
  var normalizer = JSON.null
  var preTokenizer = JSON.null
  var postProcessor = JSON.null
  var decoder = JSON.null
  /// Whether tokens are spelt in the stand-in characters of bytes.
  var isByteLevel = false

  init() {}

  init(_ root: JSON.Reader, isByteLevel: Bool) {
    normalizer = root.value("normalizer") ?? .null
    preTokenizer = root.value("pre_tokenizer") ?? .null
    postProcessor = root.value("post_processor") ?? .null
    decoder = root.value("decoder") ?? .null
    self.isByteLevel = isByteLevel
  }

  /// Of a tokenizer of patterns, whose tokens are text one after another.
  init(_ splitter: Splitter, _ model: TokenizerModel) {
    switch model {
    case .bytePair(let model): isByteLevel = model.unit == .bytes
    case .rankedPair(let model): isByteLevel = model.unit == .bytes
    default: isByteLevel = false
    }
    let patterns = splitter.steps.compactMap { step in if case .pattern(let pattern) = step { pattern } else { nil } }
    preTokenizer = Self.preTokenizer(patterns, isByteLevel: isByteLevel)
    decoder = isByteLevel ? Self.byteLevelDecoder : ["type": "Fuse"]
  }

  /// Of a byte-level tokenizer.
  init(byteLevel splitter: Splitter) {
    isByteLevel = true
    decoder = Self.byteLevelDecoder
    var parts: [JSON] = []
    for step in splitter.steps {
      switch step {
      case .pattern(let pattern): parts.append(Self.split(pattern))
      case .cut(let cut):
        guard case .regex(let regex) = cut.matcher else { continue }
        parts.append(Self.split(expression: String(decoding: regex.expression, as: UTF8.self)))
      default: break
      }
    }
    parts.append(Self.byteLevelStep(usesPattern: false))
    preTokenizer = ["type": "Sequence", "pretokenizers": .array(parts)]
  }

  /// Cut by an expression, then spelt in bytes.
  static func byteLevel(expression: String) -> JSON {
    ["type": "Sequence", "pretokenizers": [split(expression: expression), byteLevelStep(usesPattern: false)]]
  }

  private static func byteLevelStep(usesPattern: Bool) -> JSON {
    ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": JSON(usesPattern)]
  }

  private static func split(expression: String) -> JSON {
    ["type": "Split", "pattern": ["Regex": .string(expression)], "behavior": "Isolated", "invert": false]
  }

  static let byteLevelDecoder: JSON = [
    "type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true,
  ]

  static func preTokenizer(_ patterns: [SplitPattern], isByteLevel: Bool) -> JSON {
    var patterns = patterns
    let endsInGPT2 = isByteLevel && patterns.last == .gpt2
    if endsInGPT2 { patterns.removeLast() }
    var parts = patterns.map(split)
    if isByteLevel {
      parts.append(byteLevelStep(usesPattern: endsInGPT2))
    }
    if parts.count < 2 { return parts.first ?? .null }
    return ["type": "Sequence", "pretokenizers": .array(parts)]
  }

  private static func split(_ pattern: SplitPattern) -> JSON {
    switch pattern {
    case .words: ["type": "WhitespaceSplit"]
    case .rustWords: ["type": "Whitespace"]
    case .digits: ["type": "Digits", "individual_digits": true]
    default: split(expression: pattern.regularExpression ?? "")
    }
  }
}
