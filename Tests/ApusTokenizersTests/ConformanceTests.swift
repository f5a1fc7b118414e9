// Ids and texts against the reference libraries, for every fixture whose vocabulary is in a format that is supported.

import ApusCore
import ApusTestSupport
import Foundation
import Testing

@testable import ApusTokenizers

@Suite struct ConformanceTests {
  private typealias FixtureSet = (name: String, path: String, pattern: SplitPattern?, recognises: Bool, fixture: URL)

  /// The fixtures with the vocabularies that can be loaded; prints what is left out.
  private static func sets(for test: String) throws -> [FixtureSet] {
    guard let folder = Fixtures.folder("tokenizers", for: test), let vocabularies = Fixtures.vocabularies else {
      return []
    }
    let index = try JSON.parse(FixtureFiles.read(folder.appending(path: "index.json")))
    var sets: [FixtureSet] = []
    var unsupported = 0
    for (name, entry) in try #require(index.object) {
      let fixture = folder.appending(path: "\(name).jsonl.gz")
      guard FileManager.default.fileExists(atPath: fixture.path) else { continue }
      for vocabulary in entry["vocabularies"]?.array?.compactMap(\.string) ?? [] {
        let path = vocabularies.appending(path: vocabulary).path
        guard FileManager.default.fileExists(atPath: path) else {
          unsupported += 1
          continue
        }
        let pattern = entry["pattern"]?.string.flatMap { SplitPattern(name: $0) }
        sets.append((vocabulary, path, pattern, entry["special_tokens_in_text"]?.string == "recognised", fixture))
      }
    }
    if unsupported > 0 { print("\(test): \(unsupported) vocabularies are not there") }
    return sets
  }

  @Test func idsAndTextsAreThoseOfTheReferences() throws {
    for (name, path, pattern, recognises, fixture) in try Self.sets(for: "tokenizer conformance") {
      let tokenizer = try TokenizerFile.load(path: path, pattern: pattern)
      var cases = 0
      var failures: [String] = []
      var skipped = 0
      for line in try FixtureFiles.lines(fixture) {
        switch try check(line, tokenizer, recognises) {
        case nil: skipped += 1
        case true?: cases += 1
        case false?:
          cases += 1
          failures.append(line.text())
        }
      }
      #expect(failures.isEmpty, "\(name): \(failures.count) differ, e.g. \(failures.first?.prefix(300) ?? "")")
      print("tokenizer conformance: \(name): \(cases - failures.count) of \(cases) cases equal, \(skipped) left out")
    }
  }

  /// Whether a case agrees; nil where it asks for what is not supported.
  private func check(_ line: JSON, _ tokenizer: any Tokenizer, _ recognises: Bool) throws -> Bool? {
    let ids = try #require(FixtureFiles.ids(line["i"]))
    if line["c"]?.string == "decode" {
      let bytes = try #require(FixtureFiles.bytes(line["b"]))
      var decoder = StreamingDecoder(tokenizer)
      var text = ""
      for id in ids { text += try decoder.push(id) }
      text += decoder.finish()
      let lossy = try #require(line["lossy"]?.string)
      return try tokenizer.decode(ids) == bytes && Array(text.utf8) == Array(lossy.utf8)
    }
    let special = policy(line["a"], tokenizer) ?? (recognises ? .recognised : .plainText)
    guard let text = line["t"]?.string.map({ Array($0.utf8) }) else {
      // The reference's way with invalid UTF-8 makes all that follows the first invalid byte one piece, which no file
      // of any length could live with; ours goes on splitting. The ids stand for the same bytes.
      guard let bytes = FixtureFiles.bytes(line["b"]) else { return nil }
      return try tokenizer.decode(tokenizer.encode(bytes)) == bytes && tokenizer.decode(ids) == bytes
    }
    guard try tokenizer.encode(text, special: special) == ids else { return false }
    if let offsets = line["o"]?.array?.map({ FixtureFiles.ids($0) ?? [] }) {
      let located = try tokenizer.locate(text, special: special).characters(in: text)
      guard located.map({ [Int32($0.lowerBound), Int32($0.upperBound)] }) == offsets else { return false }
    }
    guard let expected = line["d"]?.string.map({ Array($0.utf8) }) ?? Self.decoded(text, ids, tokenizer) else {
      return true
    }
    return try tokenizer.decode(ids) == expected
  }

  /// Which special tokens a case allows: all, or those in a list.
  private func policy(_ allowed: JSON?, _ tokenizer: any Tokenizer) -> SpecialTokenPolicy? {
    guard let allowed else { return nil }
    if allowed.string == "all" { return .recognised }
    let ids = allowed.array?.compactMap { $0.string.flatMap { tokenizer.specialTokens.id(of: Array($0.utf8)) } } ?? []
    return .only(Set(ids))
  }

  /// What decoding must give back: the text as the normaliser left it; nil where tokens do not keep it.
  private static func decoded(_ text: [UInt8], _ ids: [Int32], _ tokenizer: any Tokenizer) -> [UInt8]? {
    guard let pipeline = tokenizer as? PipelineTokenizer else { return text }
    if case .wordPiece = pipeline.model { return nil }
    // What the vocabulary lacks is not kept.
    if let unknown = pipeline.model.unknown, ids.contains(unknown) { return nil }
    // sentencepiece's normaliser changes spaces only, and these come back.
    if case .sentencePiece(let normalizer)? = pipeline.normalizer.steps.first, normalizer.map == nil { return text }
    // Special tokens stand in the text as they came.
    guard pipeline.normalizer.isIdentity || (try? pipeline.encode(text, special: .forbidden)) != nil else { return nil }
    return pipeline.normalizer.apply(to: text).filter { !tokenizer.lostBytes.contains($0) }
  }

  @Test func longInputsAreThoseOfTheReferences() throws {
    guard let folder = Fixtures.folder("tokenizers", for: "bulk"), let vocabularies = Fixtures.vocabularies else {
      return
    }
    let bulk = try JSON.parse(FixtureFiles.read(folder.appending(path: "bulk.json")))
    let index = try JSON.parse(FixtureFiles.read(folder.appending(path: "index.json")))
    var cases = 0
    for (name, inputs) in try #require(bulk["expected"]?.object) {
      let pattern = index[name]?["pattern"]?.string.flatMap { SplitPattern(name: $0) }
      for path in index[name]?["vocabularies"]?.array?.compactMap(\.string) ?? [] {
        let file = vocabularies.appending(path: path).path
        guard FileManager.default.fileExists(atPath: file) else { continue }
        let tokenizer = try TokenizerFile.load(path: file, pattern: pattern)
        for (input, expected) in try #require(inputs.object) {
          guard let text = try Self.text(input) else { continue }
          let ids = try tokenizer.encode(text)
          cases += 1
          if expected["reference_panics"] != nil {
            #expect(ids == Self.encodedRun(of: text, tokenizer), "\(path) \(input)")
          } else {
            #expect(ids.count == expected["n"]?.int, "\(path) \(input)")
            let bytes = ids.flatMap { id in (0..<4).map { UInt8(truncatingIfNeeded: id >> ($0 * 8)) } }
            #expect(SHA256.hexadecimal(bytes) == expected["sha256_u32le"]?.string, "\(path) \(input)")
          }
          #expect(try tokenizer.decode(ids) == text)
        }
      }
    }
    print("tokenizer bulk: \(cases) cases")
  }

  /// What byte-pair encoding makes of equal bytes that are one piece, where the ids are the ranks: in whole rounds, the
  /// pair of the lowest rank is joined wherever it stands, from left to right. A round is linear, and there are no more
  /// of them than tokens of this byte alone.
  private static func encodedRun(of text: [UInt8], _ tokenizer: any Tokenizer) -> [Int32] {
    var idOfLength: [Int: Int32] = [:]
    for id in 0..<Int32(tokenizer.vocabularySize) {
      if let bytes = tokenizer.bytes(of: id), !bytes.isEmpty, bytes.allSatisfy({ $0 == text[0] }) {
        idOfLength[bytes.count] = id
      }
    }
    var lengths = [Int](repeating: 1, count: text.count)
    while let lowest = zip(lengths, lengths.dropFirst()).compactMap({ idOfLength[$0 + $1] }).min() {
      var joined: [Int] = []
      var place = 0
      while place < lengths.count {
        let isPair = place + 1 < lengths.count && idOfLength[lengths[place] + lengths[place + 1]] == lowest
        joined.append(isPair ? lengths[place] + lengths[place + 1] : lengths[place])
        place += isPair ? 2 : 1
      }
      lengths = joined
    }
    return lengths.map { idOfLength[$0] ?? -1 }
  }

  /// The text that a bulk case's name describes: 'ab' x 250000, or a corpus; nil where that is not at hand.
  private static func text(_ name: String) throws -> [UInt8]? {
    if name.hasPrefix("tinyshakespeare"), let root = Fixtures.root {
      let corpus = root.appending(path: "../data/tinyshakespeare.txt")
      return FileManager.default.fileExists(atPath: corpus.path) ? try FixtureFiles.read(corpus) : nil
    }
    let parts = name.split(separator: " x ")
    guard parts.count == 2, let count = Int(parts[1]) else { return nil }
    let unit = parts[0] == "LF" ? "\n" : String(parts[0].dropFirst().dropLast())
    return Array(String(repeating: unit, count: count).utf8)
  }
}
