// The splitting patterns written by hand against a regular-expression engine with the published patterns.

import Foundation
import Testing

@testable import ApusTokenizers

@Suite struct SplittingTests {
  static func pieces(_ splitter: Splitter, _ text: [UInt8]) -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    text.withUnsafeBufferPointer { text in
      splitter.forEachPiece(in: text, range: 0..<text.count) { pieces.append(Array($0)) }
    }
    return pieces
  }

  static func reference(_ expression: NSRegularExpression, _ text: String) -> [[UInt8]] {
    let utf16 = text as NSString
    return expression.matches(in: text, range: NSRange(location: 0, length: utf16.length)).map {
      Array(utf16.substring(with: $0.range).utf8)
    }
  }

  @Test(arguments: [SplitPattern.gpt2, .cl100k, .qwen2, .o200k, .tekken])
  func handWrittenPatternsAgreeWithTheirRegularExpressions(_ pattern: SplitPattern) throws {
    // ICU's \s lacks U+000B and U+0085; the references have the property White_Space.
    let expression = try #require(pattern.regularExpression).replacing(#"\s"#, with: #"\p{White_Space}"#)
      .replacing(#"(?!\S)"#, with: #"(?!\P{White_Space})"#)
    let engine = try NSRegularExpression(pattern: expression)
    var generator = SeededGenerator(1)
    for _ in 0..<20_000 {
      let text = RandomText.text(upTo: 12, using: &generator)
      let expected = Self.reference(engine, text)
      let found = Self.pieces(Splitter([pattern]), Array(text.utf8))
      #expect(found == expected, "\(pattern): \(text.unicodeScalars.map { String($0.value, radix: 16) })")
      if found != expected { return }
    }
  }

  @Test func piecesOfAnyBytesJoinToTheWhole() {
    var generator = SeededGenerator(2)
    for _ in 0..<5_000 {
      let bytes = RandomText.bytes(upTo: 40, using: &generator)
      for pattern in SplitPattern.allCases where pattern != .words && pattern != .rustWords {
        #expect(Array(Self.pieces(Splitter([pattern, .gpt2]), bytes).joined()) == bytes)
      }
    }
  }

  @Test func digitsAreCutBeforeTheSecondPattern() {
    let pieces = Self.pieces(Splitter([.digits, .gpt2]), Array("a  12 b".utf8))
    #expect(pieces.map { String(decoding: $0, as: UTF8.self) } == ["a", "  ", "1", "2", " b"])
  }

  @Test func scalarClassesAreThoseOfUnicode() {
    let classes = ScalarClasses.shared
    #expect(classes[0x41] == .upper && classes[0x61] == .lower && classes[0x1C5] == .upper)
    #expect(classes[0x4E2D] == .caseless && classes[0x301] == .mark && classes[0x2163] == .number)
    #expect(classes[0x85] == .space && classes[0x3000] == .space && classes[0x200B] == [])
    #expect(classes[0x10FFFF] == [] && classes[0x10D4A] == .caseless)
    #expect(classes[0x1E6C0] == [] && classes[0x323B0] == [], "letters of Unicode 17 are none for the references yet")
    // The standard library's own tables, where they are not of another Unicode version.
    for value in UInt32(0)..<0x2_0000 {
      guard let scalar = Unicode.Scalar(value), scalar.properties.generalCategory != .unassigned else { continue }
      #expect(classes[value].isAny(of: .space) == scalar.properties.isWhitespace, "\(value)")
    }
  }
}
