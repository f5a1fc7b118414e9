// The splitting patterns by the names that GGUF files give them (`tokenizer.ggml.pre`; the names and expressions are
// those of llama.cpp, whose files say nothing else). One line a pattern.

import ApusCore

enum GGUFPatterns {
  /// What a name stands for.
  struct Pattern {
    var steps: [Splitter.Step]
    /// A word that is a token as a whole is that token.
    var prefersWholeWords = false
    /// Whether a text begins with the beginning mark where the file does not say.
    var addsBeginning = false
  }

  /// - Throws: `badData` for a name that is unknown.
  static func named(_ name: String?) throws(ApusError) -> Pattern {
    switch name {
    case "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano":
      return Pattern(steps: [.pattern(.cl100k)], prefersWholeWords: true, addsBeginning: true)
    case "dbrx", "smaug-bpe", "chatglm-bpe", "glm4": return Pattern(steps: [.pattern(.cl100k)])
    case "gpt-2", "phi-2", "jina-es", "jina-de", "gigachat", "jina-v2-es", "jina-v2-de", "a.x-4.0", "mellum",
      "modern-bert", "jais", "mpt", "olmo", "roberta-bpe", "exaone4", "jina-v1-en", "jina-v2-code", "trillion",
      "granite-docling":
      return Pattern(steps: [.pattern(.gpt2)])
    case "starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b", "mellum2":
      return Pattern(steps: [.pattern(.digits), .pattern(.gpt2)])
    case "qwen2", "deepseek-r1-qwen", "stablelm2", "hunyuan", "megrez", "grok-2", "solar-open":
      return Pattern(steps: [.pattern(.qwen2)])
    case "gpt-4o", "llama4", "kanana2", "minimax-m2": return Pattern(steps: [.pattern(.o200k)])
    case "tekken": return Pattern(steps: [.pattern(.tekken)], prefersWholeWords: true, addsBeginning: true)
    case nil, "default": return Pattern(steps: try cuts(standard))
    case "deepseek-llm": return Pattern(steps: try cuts(deepseek))
    case "deepseek-coder":
      return Pattern(steps: try cuts(["[\r\n]", #"\s?\p{L}+"#, #"\s?\p{P}+"#, asian, #"\p{N}"#]))
    case "deepseek-v3", "hunyuan-dense", "joyai-llm", "hy-v4": return Pattern(steps: try cuts(deepseek3))
    case "falcon":
      return Pattern(steps: try cuts([#"[\p{P}\$\+<=>\^~\|`]+"#]) + [.pattern(.gpt2)] + cuts(["[0-9][0-9][0-9]"]))
    case "bloom", "poro-chat", "gpt3-finnish": return Pattern(steps: try cuts([finnish]))
    case "viking": return Pattern(steps: try cuts([finnish, #"\p{N}"#]))
    case "qwen35": return Pattern(steps: try cuts([qwen35]))
    case "seed-coder": return Pattern(steps: try cuts([seedCoder]))
    case "bailingmoe", "bailingmoe2", "llada-moe": return Pattern(steps: try cuts([bailing]))
    case "superbpe": return Pattern(steps: try cuts([#"\p{N}+"#, #"(?=(\d{3})+(?!\d))"#]))
    case "tiny_aya":
      return Pattern(steps: try cuts([#"\d{1,3}(?=(?:\d{3})*\b)"#]) + [.pattern(.o200k)])
    case let name?:
      throw ApusError(
        .badData, "the splitting pattern '\(name)' is not known", place: "key `tokenizer.ggml.pre`",
        remedy: "use the tokenizer.json of the model")
    }
  }

  /// The name of a splitter's pattern, for writing; nil where no file could say it.
  static func name(of splitter: Splitter, prefersWholeWords: Bool) -> String? {
    switch splitter.steps {
    case [.pattern(.gpt2)]: "gpt-2"
    case [.pattern(.digits), .pattern(.gpt2)]: "smollm"
    case [.pattern(.cl100k)]: prefersWholeWords ? "llama-bpe" : "dbrx"
    case [.pattern(.qwen2)]: "qwen2"
    case [.pattern(.o200k)]: "gpt-4o"
    case [.pattern(.tekken)]: "tekken"
    default: nil
    }
  }

  private static func cuts(_ expressions: [String]) throws(ApusError) -> [Splitter.Step] {
    var steps: [Splitter.Step] = []
    for expression in expressions {
      steps.append(.cut(Cut(matcher: .regex(try Regex(Array(expression.utf8))), behavior: .isolated)))
    }
    return steps
  }

  private static let contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
  private static let spaces = #"|\s*[\r\n]+|\s+(?!\S)|\s+"#
  private static let qwen35 =
    contractions + #"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"# + spaces
  private static let seedCoder =
    contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}\r\n]+"# + spaces
  private static let bailing =
    #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"#
  private static let asian = "[一-龥ࠀ-一가-\u{D7FF}]+"
  private static let finnish = #" ?[^(\s|.,!?…。，、।۔،)]+"#
  private static let standard = [
    #"[\p{P}\$\+<=>\^~\|]+"#, #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"#, #"\p{N}+"#,
    "[0-9][0-9][0-9]",
  ]
  private static let deepseek3 = [
    #"\p{N}{1,3}"#, "[一-龥぀-ゟ゠-ヿ]+",
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
      + "| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+",
  ]
  private static let deepseek = [
    "[\r\n]", "\\s?[" + casedLetters + "]+", #"\s?[!-/:-~！-／：-～‘-‟　-。]+"#, #"\s+$"#, asian, #"\p{N}+"#,
  ]
  /// The letters that DeepSeek LLM names: those with a case, of an older Unicode.
  private static let casedLetters =
    "A-Za-z"
    + codes.split(separator: " ").map { range in
      range.split(separator: "-").map { "\\x{\($0)}" }.joined(separator: "-")
    }.joined()
  private static let codes = """
    B5 C0-D6 D8-F6 F8-1BA 1BC-1BF 1C4-293 295-2AF 370-373 376 377 37B-37D 37F 386 388-38A 38C 38E-3A1 3A3-3F5 \
    3F7-481 48A-52F 531-556 10A0-10C5 13A0-13F5 13F8-13FD 1C90-1CBA 1CBD-1CBF 1D00-1D2B 1D6B-1D77 1D79-1D9A \
    1E00-1F15 1F18-1F1D 1F20-1F45 1F48-1F4D 1F50-1F57 1F59 1F5B 1F5D 1F5F-1F7D 1F80-1FB4 1FB6-1FBC 1FBE \
    1FC2-1FC4 1FC6-1FCC 1FD0-1FD3 1FD6-1FDB 1FE0-1FEC 1FF2-1FF4 1FF6-1FFC 2102 2107 210A-2113 2115 2119-211D \
    2124 2126 2128 212A-212D 212F-2134 2139 213C-213F 2145-2149 214E 2183 2184 2C00-2C7B 2C7E-2CE4 2CEB-2CEE \
    2CF2 2CF3 A640-A66D A680-A69B A722-A76F A771-A787 A78B-A78E AB70-ABBF FB00-FB06 FB13-FB17 FF21-FF3A \
    FF41-FF5A 10400-1044F 104B0-104D3 104D8-104FB 10C80-10CB2 10CC0-10CF2 118A0-118DF 1E900-1E943
    """
}
