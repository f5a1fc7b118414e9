// Damaged tokenizer files of every format: refused with an error that says where, or read; never a trap, a hang, or
// memory that the file's size does not account for. Mutations by a seed; APUS_FUZZ_FILES sets how many for each format.

import ApusCore
import ApusFormats
import Foundation
import Testing

@testable import ApusTokenizers

@Suite struct MalformedFileTests {
  /// A small good tokenizer in files; the first is the one that is named.
  struct Sample: CustomTestStringConvertible, Sendable {
    var name: String
    var files: [(name: String, bytes: [UInt8])]
    var testDescription: String { name }
  }

  private static func text(_ name: String, _ files: (String, String)...) -> Sample {
    Sample(name: name, files: files.map { ($0.0, Array($0.1.utf8)) })
  }

  static let samples: [Sample] = [
    text(
      "tokenizer.json",
      (
        "tokenizer.json",
        #"""
        {"version":"1.0","truncation":null,"padding":null,
        "added_tokens":[{"id":5,"content":"<e>","special":true,"lstrip":false,"normalized":false}],
        "normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Replace","pattern":{"Regex":" +"},
        "content":" "}]},"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":
        {"Regex":"\\p{N}{1,3}|\\s+(?!\\S)"},"behavior":"Isolated","invert":false},{"type":"ByteLevel",
        "add_prefix_space":false}]},"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":
        {"id":"<e>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}},
        {"Sequence":{"id":"B","type_id":1}}],"special_tokens":{"<e>":{"id":"<e>","ids":[5],"tokens":["<e>"]}}},
        "decoder":{"type":"ByteLevel"},"model":{"type":"BPE","dropout":null,"vocab":{"a":0,"b":1,"Ġ":2,"ab":3,
        "Ġab":4},"merges":["a b",["Ġ","ab"]]}}
        """#
      )),
    text(
      "a unigram",
      (
        "tokenizer.json",
        #"""
        {"normalizer":null,"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"},
        "decoder":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"},
        "model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["▁a",-1.5],["b",-2e0]],"byte_fallback":false}}
        """#
      )),
    text("vocab.txt", ("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\naa\n中\n")),
    text(
      "merges beside vocab.json", ("merges.txt", "#version: 0.2\na b\nab a\n"),
      ("vocab.json", #"{"a":0,"b":1,"ab":2,"aba":3,"<|endoftext|>":4}"#)),
    text(
      "vocab.json beside merges", ("vocab.json", #"{"a":0,"b":1,"a</w>":2,"b</w>":3,"ab</w>":4}"#),
      ("merges.txt", "a b</w>\n")),
    text("ranks of tiktoken", ("x.tiktoken", "YQ== 0\nYg== 1\nYWI= 2\n")),
    text(
      "tekken",
      (
        "tekken.json",
        #"""
        {"config":{"pattern":"\\s+|\\S","default_vocab_size":5,"default_num_special_tokens":2},
        "vocab":[{"rank":0,"token_bytes":"YQ=="},{"rank":1,"token_bytes":"Yg=="}],
        "special_tokens":[{"rank":0,"token_str":"<unk>","is_control":true}]}
        """#
      )),
    Sample(name: "sentencepiece", files: [("x.model", sentencePiece)]),
    gguf("gpt2"), gguf("llama"), gguf("bert"),
  ]

  private static var sentencePiece: [UInt8] {
    var pieces: [UInt8] = []
    for (text, type) in [("<unk>", UInt8(2)), ("▁a", 1), ("a", 1), ("<0x41>", 6)] {
      let body = [0x0A, UInt8(text.utf8.count)] + Array(text.utf8) + [0x15, 0, 0, 0x80, 0xBF, 0x18, type]
      pieces += [0x0A, UInt8(body.count)] + body
    }
    return pieces + [0x12, 0x02, 0x18, 0x02] + [0x1A, 0x02, 0x18, 0x01]
  }

  private static func gguf(_ model: String) -> Sample {
    var vocabulary = GGUFVocabulary(model: model)
    let tokens: [String: [String]] = [
      "gpt2": ["a", "b", "ab", "<|end|>"], "llama": ["<unk>", "▁a", "b", "<0x41>"],
      "bert": ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "▁a", "b"],
    ]
    vocabulary.tokens = PackedStrings((tokens[model] ?? []).map { Array($0.utf8) })
    if model == "gpt2" {
      (vocabulary.pre, vocabulary.types, vocabulary.end) = ("gpt-2", [1, 1, 1, 3], 3)
      vocabulary.merges = PackedStrings([Array("a b".utf8)])
    }
    if model == "llama" {
      (vocabulary.scores, vocabulary.types, vocabulary.unknown) = ([0, -1, -2, 0], [2, 1, 1, 6], 0)
    }
    if model == "bert" {
      (vocabulary.unknown, vocabulary.classification, vocabulary.separator, vocabulary.mask) = (1, 2, 3, 4)
    }
    var metadata = GGUFMetadata()
    vocabulary.write(to: &metadata)
    do {
      let folder = try FileSystem.makeTemporaryFolder()
      defer { try? FileSystem.remove(folder) }
      let path = FileSystem.join(folder, "x.gguf")
      try GGUFWriter.write(to: path, metadata: metadata, tensors: []) { _, _ in }
      return Sample(name: "GGUF of \(model)", files: [("x.gguf", try FileSystem.readAll(path))])
    } catch { return Sample(name: "\(error)", files: []) }
  }

  private static func load(_ sample: Sample, in folder: String) throws -> any Tokenizer {
    for (name, bytes) in sample.files { try Data(bytes).write(to: URL(filePath: FileSystem.join(folder, name))) }
    return try TokenizerFile.load(path: FileSystem.join(folder, sample.files[0].name), pattern: .gpt2)
  }

  @Test(arguments: samples)
  func aDamagedFileIsRefusedOrReadButNeverTraps(_ sample: Sample) throws {
    let folder = try FileSystem.makeTemporaryFolder()
    defer { try? FileSystem.remove(folder) }
    try #require(!sample.files.isEmpty, "\(sample.name)")
    #expect(throws: Never.self) { try Self.load(sample, in: folder) }
    let count = Platform.environment("APUS_FUZZ_FILES").flatMap { Int($0) } ?? 1_500
    var generator = SeededGenerator(UInt64(41 + sample.name.utf8.count))
    var (refused, slowest) = (0, Duration.zero)
    for _ in 0..<count {
      var damaged = sample
      let file = Int.random(in: 0..<sample.files.count, using: &generator)
      Self.damage(&damaged.files[file].bytes, using: &generator)
      let start = ContinuousClock.now
      do {
        let tokenizer = try Self.load(damaged, in: folder)
        _ = try? tokenizer.decode(tokenizer.encode("a ab<e>\nAb 中 12", special: .recognised))
      } catch let error as ApusError {
        refused += 1
        let isKind = [.badData, .usage, .missingInput].contains(error.kind)
        #expect(isKind && error.file != nil, "\(error): \(damaged.files[file].bytes)")
      }
      slowest = max(slowest, ContinuousClock.now - start)
    }
    #expect(refused > count / 20 && refused < count, "\(refused) of \(count) refused")
    #expect(slowest < .seconds(5))
    #expect(Platform.residentMemory < 4 << 30)
  }

  /// One to three small changes: a byte, a cut, a stretch twice, a number made huge.
  private static func damage(_ bytes: inout [UInt8], using generator: inout SeededGenerator) {
    for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &generator)
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
      case 1: bytes[place] = UInt8.random(in: 0x20...0x7E, using: &generator)
      case 2: bytes.remove(at: place)
      case 3: bytes.removeSubrange(place...)
      case 4: bytes.insert(contentsOf: bytes[place..<min(place + 20, bytes.count)], at: place)
      default:
        if bytes[place] >= 0x30 && bytes[place] <= 0x39 {
          bytes.replaceSubrange(place...place, with: Array("1152921504606846976".utf8))
        } else {
          for byte in place..<min(place + 8, bytes.count) { bytes[byte] = 0xFF }
        }
      }
    }
  }

  /// Files that no accident makes: each is refused, and the error says where.
  @Test(arguments: [
    // Merges of tokens that are not there, of themselves, and of what they make.
    ("tokenizer.json", #""a b""#, #""a c""#, "merges"), ("tokenizer.json", #""a b""#, #""ab ab""#, "merges"),
    ("tokenizer.json", #"["Ġ","ab"]"#, #"["Ġab","a"]"#, "merges"), ("merges beside vocab.json", "a b", "a c", "merges"),
    // One id for two tokens; one token twice.
    ("tokenizer.json", #""b":1"#, #""b":0"#, "vocab"), ("vocab.json beside merges", #""b":1"#, #""b":0"#, "vocab"),
    ("a unigram", #"["b""#, #"["▁a""#, "vocab"), ("ranks of tiktoken", "Yg== 1", "Yg== 0", "line 2"),
    ("ranks of tiktoken", "Yg== 1", "YQ== 1", "line 2"), ("tekken", #""rank":1,"#, #""rank":0,"#, "entry 1"),
    // Sizes that no memory holds.
    ("tokenizer.json", #""b":1"#, #""b":1152921504606846976"#, "vocab"),
    ("tokenizer.json", #""id":5"#, #""id":1152921504606846976"#, "added_tokens"),
    ("ranks of tiktoken", "Yg== 1", "Yg== 1152921504606846976", "line 2"),
    ("tekken", #""default_vocab_size":5"#, #""default_vocab_size":1152921504606846976"#, "vocab_size"),
    ("tekken", #""default_num_special_tokens":2"#, #""default_num_special_tokens":1152921504606846976"#, "special"),
    ("tokenizer.json", "{1,3}", "{1,1152921504606846976}", "regular expression"),
    ("tokenizer.json", "{1,3}", "{3,1}", "regular expression"),
    ("tokenizer.json", #"\\p{N}{1,3}"#, "(((a{999}){999}){999})", "regular expression"),
    ("tokenizer.json", "(?!", "(?<", "regular expression"), ("tekken", #"\\S"#, "(", "pattern"),
    // Values of other types.
    ("tokenizer.json", #""vocab":{"#, #""vocab":[],"v":{"#, "vocab"), ("a unigram", "-1.5", #""x""#, "vocab"),
    ("tokenizer.json", #""merges":["#, #""merges":7,"m":["#, "merges"),
  ])
  func impossibleFilesAreRefusedWithTheirPlace(_ name: String, _ old: String, _ new: String, _ place: String) throws {
    let folder = try FileSystem.makeTemporaryFolder()
    defer { try? FileSystem.remove(folder) }
    var sample = try #require(Self.samples.first { $0.name == name })
    var changed = false
    for index in sample.files.indices {
      let text = String(decoding: sample.files[index].bytes, as: UTF8.self)
      changed = changed || text.contains(old)
      sample.files[index].bytes = Array(text.replacing(old, with: new).utf8)
    }
    #expect(changed, "the change changes something")
    let error = #expect(throws: ApusError.self) { try Self.load(sample, in: folder) }
    let said = [error?.place, error?.problem, error?.file].compactMap { $0 }.joined(separator: " ")
    #expect(error?.kind == .badData && said.contains(place), "\(name), \(new): \(said)")
  }

  @Test func lengthsInBinaryFilesAreNotBelieved() throws {
    let folder = try FileSystem.makeTemporaryFolder()
    defer { try? FileSystem.remove(folder) }
    for name in ["sentencepiece", "GGUF of gpt2"] {
      let sample = try #require(Self.samples.first { $0.name == name })
      let length = sample.files[0].bytes.count
      for place in 0..<length {
        var damaged = sample
        // 2^60 as a varint, or the upper half of a 64-bit length.
        let huge: [UInt8] = name == "sentencepiece" ? [UInt8](repeating: 0x80, count: 8) + [0x10] : [0, 0, 0, 0x10]
        damaged.files[0].bytes.replaceSubrange(place..<min(length, place + huge.count), with: huge)
        _ = try? Self.load(damaged, in: folder)
      }
    }
    #expect(Platform.residentMemory < 4 << 30)
  }
}
