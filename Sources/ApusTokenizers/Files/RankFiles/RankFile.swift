// tiktoken's rank files: lines of a token in base64 and its rank. They say neither how text is cut nor which special
// tokens there are: what is customary for the known vocabularies stands here, found by the number of tokens; else the
// caller names the pattern.

import ApusCore

/// A vocabulary that is known by the number of its tokens.
struct KnownRankFile {
  var count: Int
  var pattern: SplitPattern
  /// The special tokens with their ids.
  var special: [(content: String, id: Int32)]

  static let all: [KnownRankFile] = [
    KnownRankFile(count: 50256, pattern: .gpt2, special: [("<|endoftext|>", 50256)]),
    KnownRankFile(count: 50257, pattern: .gpt2, special: [("<|endoftext|>", 50257)]),
    KnownRankFile(count: 50280, pattern: .gpt2, special: [("<|endoftext|>", 50256)]),
    KnownRankFile(
      count: 100256, pattern: .cl100k,
      special: [
        ("<|endoftext|>", 100257), ("<|fim_prefix|>", 100258), ("<|fim_middle|>", 100259), ("<|fim_suffix|>", 100260),
        ("<|endofprompt|>", 100276),
      ]),
    KnownRankFile(
      count: 199998, pattern: .o200k, special: [("<|endoftext|>", 199999), ("<|endofprompt|>", 200018)]),
    KnownRankFile(count: 128000, pattern: .cl100k, special: numbered(llama3, reserved: 2..<246, from: 128000)),
    KnownRankFile(
      count: 151643, pattern: .qwen2,
      special: [("<|endoftext|>", 151643), ("<|im_start|>", 151644), ("<|im_end|>", 151645)]),
    KnownRankFile(
      count: 200000, pattern: .o200k, special: numbered(llama4, reserved: 0..<0, from: 200000)),
  ]

  private static let llama3 = [
    "<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>", "<|reserved_special_token_1|>",
    "<|finetune_right_pad_id|>", "<|step_id|>", "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>",
    "<|python_tag|>", "<|image|>",
  ]
  private static let llama4 = [
    "<|begin_of_text|>", "<|end_of_text|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|header_start|>",
    "<|header_end|>", "<|eom|>", "<|eot|>", "<|step|>",
  ]

  private static func numbered(
    _ names: [String], reserved: Range<Int>, from first: Int32
  ) -> [(content: String, id: Int32)] {
    let all = names + reserved.map { "<|reserved_special_token_\($0)|>" }
    return all.enumerated().map { ($0.element, first + Int32($0.offset)) }
  }
}

enum RankFileReader {
  /// Whether a text looks like such a file: its first line is base64 and a number.
  static func isRankFile(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let end = bytes.prefix(10_000).firstIndex(of: 0x0A) ?? bytes.count
    guard end < 10_000, let space = bytes[..<end].firstIndex(of: 0x20), space > 0 else { return false }
    return Base64.decode(bytes[..<space]) != nil && number(bytes[(space + 1)..<end]) != nil
  }

  /// - Parameter pattern: how text is cut; nil for what is customary for this many tokens.
  /// - Throws: `badData` for a damaged file; `usage` where nobody says how text is cut.
  static func read(
    _ bytes: UnsafeBufferPointer<UInt8>, pattern: SplitPattern?, file: String?
  ) throws(ApusError) -> PipelineTokenizer {
    var vocabulary = Vocabulary(capacity: bytes.count / 16)
    var (place, line, count) = (0, 0, 0)
    var token: [UInt8] = []
    while place < bytes.count {
      let end = bytes[place...].firstIndex(of: 0x0A) ?? bytes.count
      line += 1
      defer { place = end + 1 }
      if end == place || (end == place + 1 && bytes[place] == 0x0D) { continue }
      func problem(_ text: String) -> ApusError {
        ApusError(.badData, text, file: file, place: "line \(line)", remedy: "get the file anew")
      }
      token.removeAll(keepingCapacity: true)
      guard let space = bytes[place..<end].firstIndex(of: 0x20), Base64.append(bytes[place..<space], to: &token),
        let rank = number(bytes[(space + 1)..<end]), !token.isEmpty
      else { throw problem("a token in base64 and its rank are expected") }
      do throws(ApusError) { try vocabulary.insert(token, id: rank) } catch { throw problem(error.problem) }
      count += 1
    }
    let known = KnownRankFile.all.first { $0.count == count }
    guard let pattern = pattern ?? known?.pattern else {
      throw ApusError(
        .usage, "a file of \(count) ranks does not say how text is cut", file: file,
        remedy: "name the splitting pattern (--pretokenizer gpt2, cl100k, o200k, llama3 or qwen2)")
    }
    let special = (known?.special ?? []).map { AddedToken(id: $0.id, content: Array($0.content.utf8)) }
    return tokenizer(vocabulary, Splitter([pattern]), special)
  }

  /// A byte-level tokenizer whose ids are its ranks.
  static func tokenizer(
    _ vocabulary: Vocabulary, _ splitter: Splitter, _ special: [AddedToken], source: ComponentSource? = nil
  ) -> PipelineTokenizer {
    let model = RankedPairModel(
      unit: .bytes, vocabulary: vocabulary, ranks: (0..<UInt32(vocabulary.size)).map { $0 }, prefersWholeWords: true)
    let free = special.filter { vocabulary.bytes(of: $0.id) == nil }
    return PipelineTokenizer(
      splitter: splitter, model: .rankedPair(model), specialTokens: SpecialTokens(free), source: source)
  }

  private static func number(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
    var value = 0
    var count = 0
    for digit in digits where digit != 0x0D {
      guard (0x30...0x39).contains(digit), count < 10 else { return nil }
      value = value * 10 + Int(digit - 0x30)
      count += 1
    }
    return count > 0 ? value : nil
  }
}
