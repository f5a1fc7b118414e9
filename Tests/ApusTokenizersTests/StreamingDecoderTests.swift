// Streamed decoding: however the tokens cut the bytes, all pieces together are the whole, and no piece is half a
// character.

import ApusCore
import Testing

@testable import ApusTokenizers

/// A tokenizer whose tokens are whatever pieces a test wants.
private struct Pieces: Tokenizer {
  var pieces: [[UInt8]]
  var joining = TokenJoining.concatenated
  let specialTokens = SpecialTokens()
  var opening: [Int32] = []
  var vocabularySize: Int { pieces.count }

  func encode(_ text: Span<UInt8>, special: SpecialTokenPolicy, into ids: inout [Int32]) {}
  func locate(_ text: [UInt8], special: SpecialTokenPolicy) throws(ApusError) -> LocatedTokens { LocatedTokens() }
  func content(of id: Int32) -> [UInt8]? { pieces.indices.contains(Int(id)) ? pieces[Int(id)] : nil }
  func save(to path: String) throws(ApusError) {}
}

@Suite struct StreamingDecoderTests {
  private func streamed(_ tokenizer: Pieces) throws -> (String, [String]) {
    var decoder = StreamingDecoder(tokenizer)
    var shown = try tokenizer.pieces.indices.map { try decoder.push(Int32($0)) }
    shown.append(decoder.finish())
    return (shown.joined(), shown)
  }

  @Test func everySplitOfATextGivesTheText() throws {
    let text = "aé中😀👩‍👩‍👧e\u{301}\u{FFFD}z"
    let bytes = Array(text.utf8)
    for first in 0...bytes.count {
      for second in first...bytes.count {
        let pieces = [Array(bytes[..<first]), Array(bytes[first..<second]), Array(bytes[second...])]
        let (whole, shown) = try streamed(Pieces(pieces: pieces))
        #expect(Array(whole.utf8) == bytes)
        let count = text.unicodeScalars.count { $0 == "\u{FFFD}" }
        #expect(shown.reduce(0) { $0 + $1.unicodeScalars.count { $0 == "\u{FFFD}" } } == count, "half a character")
      }
    }
  }

  @Test func everyWayToCutAnyBytesGivesTheWhole() throws {
    var generator = SeededGenerator(9)
    for _ in 0..<150 {
      let bytes = RandomText.bytes(upTo: 10, using: &generator)
      let whole = Array(String(decoding: bytes, as: UTF8.self).utf8)
      // Bit i of a number says whether the bytes are cut behind byte i.
      for cuts in 0..<1 << max(0, bytes.count - 1) {
        var pieces: [[UInt8]] = [[]]
        for (place, byte) in bytes.enumerated() {
          pieces[pieces.count - 1].append(byte)
          if cuts >> place & 1 == 1 { pieces.append([]) }
        }
        let (text, _) = try streamed(Pieces(pieces: pieces))
        #expect(Array(text.utf8) == whole, "\(pieces)")
      }
    }
  }

  @Test func invalidBytesBecomeTheSameAsInTheWhole() throws {
    var generator = SeededGenerator(7)
    for _ in 0..<5_000 {
      var rest = RandomText.bytes(upTo: 16, using: &generator)[...]
      let whole = String(decoding: rest, as: UTF8.self)
      var pieces: [[UInt8]] = []
      while !rest.isEmpty {
        let length = Int.random(in: 1...min(4, rest.count), using: &generator)
        pieces.append(Array(rest.prefix(length)))
        rest = rest.dropFirst(length)
      }
      let (text, _) = try streamed(Pieces(pieces: pieces))
      #expect(Array(text.utf8) == Array(whole.utf8))
    }
  }

  @Test func aCharacterIsShownAsSoonAsItIsWhole() throws {
    var decoder = StreamingDecoder(Pieces(pieces: [[0xF0, 0x9F], [0x98], [0x80], [0xE4, 0xB8], [0x41]]))
    #expect(try decoder.push(0) == "" && decoder.push(1) == "" && decoder.push(2) == "😀")
    #expect(try decoder.push(3) == "" && decoder.push(4) == "\u{FFFD}A")
    #expect(decoder.finish() == "")
    #expect(try decoder.push(0) == "" && decoder.finish() == "\u{FFFD}" && decoder.finish() == "")
  }

  @Test func theLastWordHasNoSpaceBehindIt() throws {
    let tokenizer = Pieces(pieces: [Array("lo".utf8), Array("w</w>".utf8)], joining: .wordEnd(Array("</w>".utf8)))
    var decoder = StreamingDecoder(tokenizer)
    var text = ""
    for id: Int32 in [0, 1, 0, 1] { text += try decoder.push(id) }
    text += decoder.finish()
    #expect(text == "low low")
    #expect(try tokenizer.decode([0, 1, 0, 1]) == Array("low low".utf8))
  }

  /// Ids in any order, as a model may draw them: what is shown piece by piece is what the whole is.
  @Test(arguments: LinearTimeTests.Kind.allCases)
  func everyKindStreamsToTheWhole(_ kind: LinearTimeTests.Kind) throws {
    let tokenizer = try kind.tokenizer()
    let known = (0..<Int32(tokenizer.vocabularySize)).filter { tokenizer.content(of: $0) != nil }
    var generator = SeededGenerator(10)
    for skipping in [false, true] {
      for _ in 0..<500 {
        let ids = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
          known[Int.random(in: 0..<known.count, using: &generator)]
        }
        var decoder = StreamingDecoder(tokenizer, skippingSpecial: skipping)
        var text = ""
        for id in ids { text += try decoder.push(id) }
        text += decoder.finish()
        let whole = String(decoding: try tokenizer.decode(ids, skippingSpecial: skipping), as: UTF8.self)
        #expect(Array(text.utf8) == Array(whole.utf8), "\(kind): \(ids)")
      }
    }
  }

  @Test func bytesAreReplacedAsTheStandardLibraryDoes() {
    var generator = SeededGenerator(11)
    for _ in 0..<3_000 {
      let text = RandomText.word(upTo: 12, using: &generator)
      let old = RandomText.word(upTo: 3, using: &generator)
      let new = Bool.random(using: &generator) ? [] : RandomText.word(upTo: 3, using: &generator)
      #expect(text.replacingBytes(old, with: new) == text.replacing(old, with: new), "\(text), \(old)")
    }
  }

  @Test func anUnknownIdIsAnError() {
    var decoder = StreamingDecoder(Pieces(pieces: [[97]]))
    #expect(throws: ApusError.self) { try decoder.push(7) }
  }

  @Test func firstInvalidByteIsFound() {
    var generator = SeededGenerator(8)
    for _ in 0..<5_000 {
      let bytes = RandomText.bytes(upTo: 24, using: &generator)
      let isValid = String(validating: bytes, as: UTF8.self) != nil
      let place = UTF8Validation.firstInvalid(in: bytes)
      #expect((place == nil) == isValid)
      guard let place else { continue }
      #expect(String(validating: bytes[..<place], as: UTF8.self) != nil)
      #expect(UTF8Validation.countInvalid(in: bytes.span) > 0)
    }
  }
}
