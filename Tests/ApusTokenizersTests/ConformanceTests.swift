// Ids and texts against the reference libraries, for every fixture whose vocabulary is in a format that is supported.

import ApusCore
import ApusTestSupport
import Foundation
import Testing

@testable import ApusTokenizers

@Suite struct ConformanceTests {
  private typealias FixtureSet = (name: String, path: String, recognises: Bool, fixture: URL)

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
        guard vocabulary.hasSuffix("tokenizer.json"), FileManager.default.fileExists(atPath: path) else {
          unsupported += 1
          continue
        }
        sets.append((vocabulary, path, entry["special_tokens_in_text"]?.string == "recognised", fixture))
      }
    }
    if unsupported > 0 { print("\(test): \(unsupported) vocabularies in formats that are not read yet are left out") }
    return sets
  }

  @Test func idsAndTextsAreThoseOfTheReferences() throws {
    for (name, path, recognises, fixture) in try Self.sets(for: "tokenizer conformance") {
      let tokenizer: any Tokenizer
      do { tokenizer = try TokenizerFile.load(path: path) } catch {
        print("tokenizer conformance: \(name) left out: \(error.problem) (\(error.place ?? ""))")
        continue
      }
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
    var special: SpecialTokenPolicy = recognises ? .recognised : .plainText
    if let allowed = line["a"] {
      // A list of some of the special tokens is not supported; all or none are.
      if allowed.array?.isEmpty == false { return nil }
      special = allowed.string == "all" ? .recognised : .plainText
    }
    guard let text = line["t"]?.string.map({ Array($0.utf8) }) else {
      // The reference's way with invalid UTF-8 makes all that follows the first invalid byte one piece, which no file of any
      // length could live with; ours goes on splitting. The ids stand for the same bytes.
      guard let bytes = FixtureFiles.bytes(line["b"]) else { return nil }
      return try tokenizer.decode(tokenizer.encode(bytes)) == bytes && tokenizer.decode(ids) == bytes
    }
    let encoded = try tokenizer.encode(text, special: special)
    let kept = text.filter { !tokenizer.lostBytes.contains($0) }
    return try encoded == ids && tokenizer.decode(ids) == kept
  }

  @Test func longInputsAreThoseOfTheReferences() throws {
    guard let folder = Fixtures.folder("tokenizers", for: "bulk"), let vocabularies = Fixtures.vocabularies else {
      return
    }
    let bulk = try JSON.parse(FixtureFiles.read(folder.appending(path: "bulk.json")))
    let index = try JSON.parse(FixtureFiles.read(folder.appending(path: "index.json")))
    var cases = 0
    for (name, inputs) in try #require(bulk["expected"]?.object) {
      let paths = index[name]?["vocabularies"]?.array?.compactMap(\.string) ?? []
      guard let path = paths.first(where: { $0.hasSuffix("tokenizer.json") }),
        let tokenizer = try? TokenizerFile.load(path: vocabularies.appending(path: path).path)
      else { continue }
      for (input, expected) in try #require(inputs.object) {
        guard let text = Self.text(input), let count = expected["n"]?.int else { continue }
        let ids = try tokenizer.encode(text)
        cases += 1
        #expect(ids.count == count, "\(name) \(input)")
        #expect(ids.prefix(8).elementsEqual(FixtureFiles.ids(expected["first"])?.prefix(8) ?? []), "\(name) \(input)")
        #expect(ids.suffix(8).elementsEqual(FixtureFiles.ids(expected["last"])?.suffix(8) ?? []), "\(name) \(input)")
        #expect(try tokenizer.decode(ids) == text)
      }
    }
    print("tokenizer bulk: \(cases) cases")
  }

  /// The text that a bulk case's name describes: 'ab' x 250000.
  private static func text(_ name: String) -> [UInt8]? {
    let parts = name.split(separator: " x ")
    guard parts.count == 2, let count = Int(parts[1]) else { return nil }
    let unit = parts[0] == "LF" ? "\n" : String(parts[0].dropFirst().dropLast())
    return Array(String(repeating: unit, count: count).utf8)
  }
}
