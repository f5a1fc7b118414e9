// Every component of the `tokenizers` library, and small sentencepiece models, against what the libraries give
// (Scripts/generate-tokenizer-cases.py).

import ApusCore
import ApusTestSupport
import Foundation
import Testing

@testable import ApusTokenizers

@Suite struct HuggingFaceCasesTests {
  private static func documents(_ name: String) throws -> [JSON] {
    try FixtureFiles.lines(Fixtures.package.appending(path: "Tests/ApusTokenizersTests/Cases/\(name).jsonl"))
  }

  @Test func sentencepieceModelsGiveItsIdsAndTexts() throws {
    var cases = 0
    for document in try Self.documents("sentencepiece") {
      let name = try #require(document["name"]?.string)
      let model = try #require(FixtureFiles.bytes(document["model"]))
      let tokenizer = try TokenizerFile.load(bytes: model, file: name)
      for line in document["cases"]?.array ?? [] {
        let text = try #require(line["t"]?.string)
        let ids = try #require(FixtureFiles.ids(line["i"]))
        #expect(try tokenizer.encode(text) == ids, "\(name): \(JSON(text).text())")
        let decoded = try tokenizer.decode(ids)
        #expect(decoded == Array(try #require(line["d"]?.string).utf8), "\(name): \(ids)")
        cases += 1
      }
    }
    #expect(cases > 400)
    print("sentencepiece: \(cases) cases")
  }

  @Test func everyComponentGivesTheLibrarysIdsAndTexts() throws {
    var (tokenizers, cases) = (0, 0)
    for document in try Self.documents("huggingface") {
      let name = try #require(document["name"]?.string)
      let bytes = try #require(document["tokenizer"]).serialized()
      let tokenizer = try TokenizerFile.load(bytes: bytes, file: name)
      let again = try TokenizerFile.load(bytes: #require(tokenizer as? PipelineTokenizer).json.serialized())
      tokenizers += 1
      for line in document["cases"]?.array ?? [] {
        cases += 1
        let failure = try Self.failure(line, tokenizer) ?? Self.failure(line, again).map { "written and read: " + $0 }
        #expect(failure == nil, "\(name): \(failure ?? "")")
      }
    }
    #expect(tokenizers > 50 && cases > 1000)
    print("tokenizers library: \(tokenizers) tokenizers, \(cases) cases")
  }

  /// What differs from the library, if anything does.
  private static func failure(_ line: JSON, _ tokenizer: any Tokenizer) throws -> String? {
    let text = try #require(line["t"]?.string)
    let expected = try #require(FixtureFiles.ids(line["i"]))
    let ids = try tokenizer.encode(text, special: .recognised)
    guard ids == expected else { return "\(JSON(text).text()) gives \(ids), not \(expected)" }
    for (key, skips) in [("d", false), ("s", true)] {
      guard let whole = line[key]?.string else { continue }
      let decoded = try tokenizer.decode(ids, skippingSpecial: skips)
      // Bytes that are no character: ours keeps them, the library writes U+FFFD, one or more.
      if UTF8Validation.firstInvalid(in: decoded) == nil, decoded != Array(whole.utf8) {
        return "\(ids) decodes to \(JSON(String(decoding: decoded, as: UTF8.self)).text()), not \(JSON(whole).text())"
      }
      var decoder = StreamingDecoder(tokenizer, skippingSpecial: skips)
      let streamed = try ids.map { id throws(ApusError) in try decoder.push(id) }.joined() + decoder.finish()
      if !streamed.utf8.elementsEqual(String(decoding: decoded, as: UTF8.self).utf8) {
        return "\(ids) streams to \(streamed)"
      }
    }
    guard let framed = FixtureFiles.ids(line["f"]), let second = line["p"]?.string else { return nil }
    let single = try tokenizer.encodeFramed(text, special: .recognised)
    guard single.ids == framed else { return "\(JSON(text).text()) is framed as \(single.ids), not \(framed)" }
    let pair = try tokenizer.encodeFramed(text, and: second, special: .recognised)
    let types = FixtureFiles.ids(line["y"])
    guard pair.ids == FixtureFiles.ids(line["j"]), pair.types == types else {
      return "the pair \(JSON(text).text()), \(JSON(second).text()) is \(pair)"
    }
    return nil
  }
}
