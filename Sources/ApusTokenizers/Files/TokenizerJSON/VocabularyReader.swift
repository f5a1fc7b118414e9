// Reads the vocabulary and the merges of a `tokenizer.json`: the parts that are long, and so read without a detour
// through Swift's characters. It knows not what the model does with them.

import ApusCore

/// Reads `vocab` and `merges` of a model.
struct VocabularyReader {
  let model: JSON.Reader
  let isByteLevel: Bool

  func vocabulary() throws(ApusError) -> Vocabulary {
    guard let tokens = model.value("vocab")?.object else { throw model.error("vocab", "an object is expected") }
    var vocabulary = Vocabulary(capacity: tokens.count)
    var bytes: [UInt8] = []
    for (token, value) in tokens {
      guard let id = value.int else { throw model.error("vocab", "the id of '\(token)' is not a whole number") }
      let isSpelt = spell(token, into: &bytes)
      do throws(ApusError) {
        try vocabulary.insert(isSpelt ? bytes : Array(token.utf8), id: id, isFound: isSpelt)
      } catch { throw model.error("vocab", "'\(token)': \(error.problem)") }
    }
    return vocabulary
  }

  /// The merges, written as "a b" or as ["a", "b"].
  func merges(_ vocabulary: Vocabulary) throws(ApusError) -> [(left: Int32, right: Int32)] {
    guard let entries = try model.array("merges") else { throw model.error("merges", "an array is expected") }
    var merges: [(left: Int32, right: Int32)] = []
    merges.reserveCapacity(entries.count)
    var bytes: [UInt8] = []
    for (rank, entry) in entries.enumerated() {
      guard let (left, right) = parts(of: entry) else {
        throw model.error("merges", "merge \(rank) is neither \"a b\" nor [\"a\", \"b\"]")
      }
      let ids = (id(of: left, vocabulary, &bytes), id(of: right, vocabulary, &bytes))
      guard let leftID = ids.0, let rightID = ids.1 else {
        let missing = ids.0 == nil ? left : right
        throw model.error("merges", "merge \(rank) names '\(missing)', which the vocabulary lacks")
      }
      merges.append((leftID, rightID))
    }
    return merges
  }

  private func parts(of entry: JSON) -> (String, String)? {
    switch entry {
    case .array(let pair):
      guard pair.count == 2, let left = pair[0].string, let right = pair[1].string else { return nil }
      return (left, right)
    case .string(let text):
      // By UTF-8 bytes: a token that begins with a combining mark would hide the space from `Character`s.
      guard let space = text.utf8.firstIndex(of: 0x20) else { return nil }
      let right = text[text.utf8.index(after: space)...]
      return right.utf8.contains(0x20) ? nil : (String(text[..<space]), String(right))
    default: return nil
    }
  }

  private func id(of token: String, _ vocabulary: Vocabulary, _ bytes: inout [UInt8]) -> Int32? {
    spell(token, into: &bytes) ? vocabulary.id(of: bytes) : nil
  }

  /// The bytes that a token of the file stands for; false where it is none that text can be looked up by.
  private func spell(_ token: String, into bytes: inout [UInt8]) -> Bool {
    var token = token
    return token.withUTF8 { spelling in
      if isByteLevel { return ByteAlphabet.bytes(of: spelling, into: &bytes) }
      bytes.removeAll(keepingCapacity: true)
      bytes.append(contentsOf: spelling)
      return true
    }
  }
}
