// The splitting patterns that are known, each with the regular expressions by which files name it. A pattern written by
// hand runs at memory speed where a regular-expression engine takes most of the time of encoding, and cannot overflow a
// stack.

/// How text is cut into pieces before the model sees it; merges never cross the border between two pieces.
public enum SplitPattern: String, Sendable, CaseIterable {
  /// GPT-2, GPT-3 (r50k, p50k).
  case gpt2
  /// GPT-3.5, GPT-4, Llama 3: numbers in threes.
  case cl100k
  /// Qwen 2: as cl100k, digit by digit.
  case qwen2
  /// GPT-4o, Llama 4: by case, numbers in threes.
  case o200k
  /// Mistral's tekken: as o200k without contractions, digit by digit.
  case tekken
  /// Each digit by itself, other text left whole.
  case digits
  /// Runs without white space; the white space itself is dropped.
  case words
  /// Runs of word characters and runs of others, without the white space (Rust's `\w+|[^\w\s]+`).
  case rustWords
  /// Each character by itself; each byte where the text is not valid UTF-8.
  case characters

  /// The piece at or after `start`; empty at the end of the text.
  @inline(__always) func piece(in text: TextCursor, from start: Int) -> Range<Int> {
    switch self {
    case .gpt2: return start..<GPT2Pattern.pieceEnd(in: text, from: start)
    case .cl100k: return start..<CL100KPattern.pieceEnd(in: text, from: start, digits: 3)
    case .qwen2: return start..<CL100KPattern.pieceEnd(in: text, from: start, digits: 1)
    case .o200k:
      return start..<O200KPattern.pieceEnd(in: text, from: start, digits: 3, hasContractions: true)
    case .tekken:
      return start..<O200KPattern.pieceEnd(in: text, from: start, digits: 1, hasContractions: false)
    case .digits:
      let (kind, length) = text.scalar(at: start)
      return start..<(kind.isAny(of: .number) ? start + length : text.run(without: .number, from: start))
    case .words:
      let word = text.run(of: .space, from: start)
      return word..<text.run(without: .space, from: word)
    case .rustWords:
      let word = text.run(of: .space, from: start)
      return word..<text.rustWordEnd(from: word)
    case .characters: return start..<start + text.scalar(at: start).length
    }
  }

  /// The regular expression that `tokenizer.json` files give for this pattern.
  var regularExpression: String? { regularExpressions.first }

  /// The regular expressions by which files name this pattern; tiktoken's own differ in spelling only.
  private var regularExpressions: [String] {
    let contractions = "'s|'t|'re|'ve|'m|'ll|'d"
    let spaces = #"|\s*[\r\n]+|\s+(?!\S)|\s+"#
    let rest = #"| ?[^\s\p{L}\p{N}]+[\r\n]*"# + spaces
    let word = #"|[^\r\n\p{L}\p{N}]?\p{L}+"#
    let lower = #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"#
    let upper = #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"#
    let other = #"| ?[^\s\p{L}\p{N}]+[\r\n/]*"# + spaces
    switch self {
    case .gpt2:
      return [
        contractions + #"| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#,
        #"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"#,
        #"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#,
      ]
    case .cl100k:
      return [
        "(?i:\(contractions))" + word + #"|\p{N}{1,3}"# + rest,
        #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"#
          + #"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"#,
        #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}"#
          + #"| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"#,
      ]
    case .qwen2: return ["(?i:\(contractions))" + word + #"|\p{N}"# + rest]
    case .o200k:
      let suffix = "(?i:\(contractions))?"
      return [lower + suffix + "|" + upper + suffix + #"|\p{N}{1,3}"# + other]
    case .tekken: return [lower + "|" + upper + #"|\p{N}"# + other]
    case .characters: return [#"[\s\S]"#]
    case .digits, .words, .rustWords: return []
    }
  }

  /// The pattern of a regular expression, or nil where it is not one of those known.
  static func named(byRegularExpression expression: [UInt8]) -> SplitPattern? {
    allCases.first { $0.regularExpressions.contains { Array($0.utf8) == expression } }
  }

  /// The pattern that people and files call `name`; nil where it is none.
  public init?(name: String) {
    switch name {
    case "gpt2", "r50k", "r50k_base", "p50k", "p50k_base": self = .gpt2
    case "cl100k", "cl100k_base", "llama3": self = .cl100k
    case "o200k", "o200k_base", "llama4": self = .o200k
    case "qwen2", "qwen": self = .qwen2
    case "whitespace": self = .words
    default: self.init(rawValue: name)
    }
  }
}
