// Texts cut and filled up: as the `tokenizers` library does (Scripts/generate-tokenizer-cases.py), and what cannot be.

import ApusCore
import ApusTestSupport
import Foundation
import Testing

@testable import ApusTokenizers

@Suite struct TextLengthTests {
  @Test func batchesAreThoseOfTheLibrary() throws {
    var (cases, refused) = (0, 0)
    let path = Fixtures.package.appending(path: "Tests/ApusTokenizersTests/Cases/lengths.jsonl")
    let lines = try FixtureFiles.lines(path)
    for line in lines.dropFirst() {
      var file = try #require(lines.first?.object)
      for key in ["truncation", "padding"] { file[key] = line[key] }
      let tokenizer = try TokenizerFile.load(bytes: JSON.object(file).serialized())
      let written = try #require(tokenizer as? PipelineTokenizer).json
      for key in ["truncation", "padding"] { #expect(written[key] == line[key]) }
      let batch = try #require(line["batch"]?.array)
      do {
        var rows = try batch.map { input in
          let pair = try input.array?.compactMap(\.string) ?? [#require(input.string)]
          let second = pair.count > 1 ? pair[1] : nil
          return try tokenizer.encodeFramed(pair[0], and: second, cut: tokenizer.truncation)
        }
        try tokenizer.padding?.apply(to: &rows)
        let expected = line["rows"]?.array ?? []
        #expect(rows.map(\.ids) == expected.map { FixtureFiles.ids($0["i"]) }, "\(line["batch"] ?? .null)")
        #expect(rows.map(\.types) == expected.map { FixtureFiles.ids($0["y"]) })
        #expect(rows.map { $0.mask.map { $0 ? 1 : 0 } } == expected.map { FixtureFiles.ids($0["m"]) })
      } catch let error as ApusError {
        #expect(error.kind == .usage && line["rows"]?.isNull == true, "\(error) \(line["batch"] ?? .null)")
        refused += 1
      }
      cases += 1
    }
    #expect(cases == 240 && refused > 10)
    print("texts cut and filled up: \(cases) batches, \(refused) of them refused")
  }

  @Test func whatCannotBeIsRefused() throws {
    var (ids, second): ([Int32], [Int32]?) = ([1, 2, 3], nil)
    #expect(throws: ApusError.self) { try Truncation(length: 1).apply(to: &ids, and: &second, added: 2) }
    #expect(throws: ApusError.self) {
      try Truncation(length: 2, choice: .onlySecond).apply(to: &ids, and: &second)
    }
    #expect(ids == [1, 2, 3])
    try Truncation(length: 2, end: .left).apply(to: &ids, and: &second, added: 0)
    #expect(ids == [2, 3])
    var texts = [TokenizedText(ids: [1], types: [0])]
    for padding in [Padding(.fixed(1 << 60), id: 0), Padding(.fixed(3), multiple: 1 << 60, id: 0)] {
      #expect(throws: ApusError.self) { try padding.apply(to: &texts) }
    }
    #expect(texts[0].ids == [1] && texts[0].mask == [true])
  }

  @Test(arguments: [
    (#""truncation":{"max_length":-1,"stride":0,"strategy":"LongestFirst"}"#, "max_length"),
    (#""truncation":{"max_length":9,"strategy":"Other"}"#, "strategy"), (#""truncation":7"#, "truncation"),
    (#""padding":{"strategy":{"Fixed":1152921504606846976},"pad_id":0}"#, "Fixed"),
    (#""padding":{"strategy":"BatchLongest","pad_id":99999999999}"#, "pad_id"),
    (#""padding":{"strategy":"BatchLongest","pad_id":0,"direction":"Up"}"#, "direction"),
    (#""padding":{"strategy":"BatchLongest","pad_id":0,"other":1}"#, "other"),
  ])
  func damagedSettingsAreNamed(_ setting: String, _ key: String) {
    let file = "{" + setting + #","model":{"type":"WordLevel","vocab":{"a":0},"unk_token":"a"}}"#
    let error = #expect(throws: ApusError.self) { try TokenizerFile.load(bytes: Array(file.utf8), file: "x.json") }
    #expect(error?.kind == .badData && "\(error?.place ?? "") \(error?.problem ?? "")".contains(key))
  }
}
