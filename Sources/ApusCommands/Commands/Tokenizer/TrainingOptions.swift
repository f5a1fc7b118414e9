// What the options of `apus tokenizer train` may be, and which go together.

import ApusCore
import ApusTokenizers
import ArgumentParser

/// The names of splitting patterns, by the models that use them.
enum PretokenizerName: String, ExpressibleByArgument, CaseIterable {
  case gpt2, p50k, cl100k, o200k, llama3, qwen2, tekken

  var pattern: SplitPattern {
    switch self {
    case .gpt2, .p50k: .gpt2
    case .cl100k, .llama3: .cl100k
    case .o200k: .o200k
    case .qwen2: .qwen2
    case .tekken: .tekken
    }
  }
}

/// The names of the rules for ties.
enum TieBreakName: String, ExpressibleByArgument, CaseIterable {
  case huggingface, rustbpe, first

  var rule: TieBreak {
    switch self {
    case .huggingface: .huggingface
    case .rustbpe: .rustbpe
    case .first: .first
    }
  }
}

/// What to do about bytes that are not valid UTF-8.
enum InvalidUTF8Name: String, ExpressibleByArgument, CaseIterable {
  case keep, error

  var policy: TextPolicy.InvalidUTF8 { self == .keep ? .keep : .error }
}

/// How text may be cut into words for training.
enum TrainingPretokenizer: String, ExpressibleByArgument, CaseIterable {
  case gpt2, p50k, cl100k, o200k, llama3, qwen2, tekken, whitespace, words

  var pattern: SplitPattern {
    switch self {
    case .whitespace: .words
    case .words: .rustWords
    default: PretokenizerName(rawValue: rawValue)?.pattern ?? .gpt2
    }
  }
}

/// What may be written besides tokenizer.json.
enum OtherFormat: String, ExpressibleByArgument, CaseIterable {
  case tiktoken, sentencepiece
}

/// A number of bytes, with K, M, G or T for powers of 1024.
struct ByteCount: ExpressibleByArgument {
  let bytes: Int

  init?(argument: String) {
    let digits = argument.prefix { ("0"..."9").contains($0) }
    let units = ["": 0, "K": 10, "M": 20, "G": 30, "T": 40]
    var unit = argument.dropFirst(digits.count).uppercased()
    if unit.hasSuffix("B") { unit.removeLast() }
    if unit.hasSuffix("I") { unit.removeLast() }
    guard let number = Int(digits), let shift = units[unit] else { return nil }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
    guard !overflow, bytes > 0 else { return nil }
    self.bytes = bytes
  }
}

/// Finds options that do not go together.
struct TrainingOptionCheck {
  let options: TokenizerTrain
  private var algorithm: TokenizerTrain.Algorithm { options.chosenAlgorithm }

  func validate() throws {
    if options.input.isEmpty && options.wordCounts == nil {
      throw ValidationError("Name at least one text, or - for standard input.")
    }
    if options.wordCounts != nil && (algorithm != .textbook || !options.input.isEmpty) {
      throw ValidationError("--word-counts goes with --algorithm textbook and takes the place of texts.")
    }
    if options.output == nil && !options.trace {
      throw ValidationError("Say where to write with --output DIR, or ask for --trace.")
    }
    let sized: [TokenizerTrain.Algorithm] = [.bpe, .characterBPE, .wordpiece, .unigram]
    if sized.contains(algorithm) && options.vocabSize == nil {
      throw ValidationError("Say how many tokens you want with --vocab-size N.")
    }
    if algorithm == .textbook && options.merges ?? -1 < 0 {
      throw ValidationError("Say how many merges you want with --merges N.")
    }
    try validateCompany(sized)
    let least = TrainingMemory.least(vocabularySize: options.vocabSize ?? 0)
    if let memory = options.memory, memory.bytes < least {
      throw ValidationError("--memory must be at least \(((least - 1) >> 20) + 1)M for so many tokens.")
    }
    if let limit = options.limitAlphabet, limit < 1 { throw ValidationError("--limit-alphabet must be at least 1.") }
    if let least = options.minFrequency, least < 1 { throw ValidationError("--min-frequency must be at least 1.") }
    if !options.also.isEmpty && options.output?.hasSuffix(".json") != false {
      throw ValidationError("--also writes into the folder that --output names; it is not one file.")
    }
  }

  /// Options that are of no use with the algorithm would be overlooked silently.
  private func validateCompany(_ sized: [TokenizerTrain.Algorithm]) throws {
    let merging: [TokenizerTrain.Algorithm] = [.bpe, .characterBPE, .wordpiece]
    let needs: [(isGiven: Bool, option: String, with: [TokenizerTrain.Algorithm])] = [
      (options.vocabSize != nil, "--vocab-size", sized),
      (options.memory != nil, "--memory", sized),
      (options.merges != nil, "--merges", [.textbook]),
      (options.tieBreak != nil, "--tie-break", merging),
      (options.minFrequency != nil, "--min-frequency", merging),
      (options.endOfWord != nil, "--end-of-word", [.characterBPE, .textbook]),
      (options.invalidUTF8 == .keep, "--invalid-utf8 keep", [.bpe]),
      (options.limitAlphabet != nil, "--limit-alphabet", [.characterBPE, .wordpiece, .unigram]),
      (options.lowercase, "--lowercase", [.wordpiece]),
      (options.byteFallback != nil, "--byte-fallback", [.unigram]),
      (options.pretokenizer != nil, "--pretokenizer", [.bpe, .characterBPE]),
      (options.trace, "--trace", merging + [.textbook]),
      (options.also.contains(.tiktoken), "--also tiktoken", [.bpe]),
      (options.also.contains(.sentencepiece), "--also sentencepiece", [.unigram]),
    ]
    for need in needs where need.isGiven && !need.with.contains(algorithm) {
      let names = need.with.map(\.rawValue).joined(separator: ", ")
      let why = need.option == "--limit-alphabet" ? " Byte-level vocabularies begin with all 256 bytes, no more." : ""
      throw ValidationError("\(need.option) goes with --algorithm \(names).\(algorithm == .bpe ? why : "")")
    }
  }
}
