// Reads the keys `tokenizer.ggml.*` of a GGUF file for the tests, and nothing else of it.

import ApusCore
import Foundation

@testable import ApusTokenizers

/// A walk through the metadata of one file.
struct GGUFMetadata {
  private let bytes: [UInt8]
  private var place = 24
  private(set) var vocabulary = GGUFVocabulary(model: "")

  init(_ url: URL) throws {
    bytes = Array(try Data(contentsOf: url))
    guard bytes.starts(with: "GGUF".utf8) else { throw ApusError(.badData, "no GGUF file") }
    for _ in 0..<Int(number(at: 16, 8)) { try readPair() }
  }

  private func number(at place: Int, _ size: Int) -> UInt64 {
    (0..<size).reduce(0) { $0 | UInt64(bytes[place + $1]) << UInt64(8 * $1) }
  }

  private mutating func number(_ size: Int) -> UInt64 {
    defer { place += size }
    return number(at: place, size)
  }

  private mutating func text() -> ArraySlice<UInt8> {
    let count = Int(number(8))
    defer { place += count }
    return bytes[place..<place + count]
  }

  private static let sizes: [UInt64: Int] = [0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8]

  private mutating func readPair() throws {
    let key = String(decoding: text(), as: UTF8.self).replacing("tokenizer.ggml.", with: "")
    let type = number(4)
    switch type {
    case 8: take(key, text: text())
    case 9:
      let (element, count) = (number(4), Int(number(8)))
      for _ in 0..<count {
        if element == 8 { append(key, text: text()) } else { append(key, number: number(Self.sizes[element] ?? 8)) }
      }
    default: take(key, number: number(Self.sizes[type] ?? 8))
    }
  }

  private mutating func append(_ key: String, text: ArraySlice<UInt8>) {
    if key == "tokens" { vocabulary.tokens.append(text) }
    if key == "merges" { vocabulary.merges.append(text) }
  }

  private mutating func append(_ key: String, number: UInt64) {
    if key == "scores" { vocabulary.scores.append(Float(bitPattern: UInt32(truncatingIfNeeded: number))) }
    if key == "token_type" { vocabulary.types.append(Int32(truncatingIfNeeded: number)) }
    if key == "precompiled_charsmap" { vocabulary.normalizationMap.append(UInt8(truncatingIfNeeded: number)) }
  }

  private mutating func take(_ key: String, text: ArraySlice<UInt8>) {
    if key == "model" { vocabulary.model = String(decoding: text, as: UTF8.self) }
    if key == "pre" { vocabulary.pre = String(decoding: text, as: UTF8.self) }
  }

  private mutating func take(_ key: String, number: UInt64) {
    let id = Int32(truncatingIfNeeded: number)
    switch key {
    case "bos_token_id": vocabulary.beginning = id
    case "eos_token_id": vocabulary.end = id
    case "unknown_token_id": vocabulary.unknown = id
    case "padding_token_id": vocabulary.padding = id
    case "seperator_token_id": vocabulary.separator = id
    case "cls_token_id": vocabulary.classification = id
    case "mask_token_id": vocabulary.mask = id
    case "add_bos_token": vocabulary.addsBeginning = number != 0
    case "add_eos_token": vocabulary.addsEnd = number != 0
    case "add_space_prefix": vocabulary.addsSpacePrefix = number != 0
    default: break
    }
  }
}
