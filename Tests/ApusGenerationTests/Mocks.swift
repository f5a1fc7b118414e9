// A tokenizer whose tokens are bytes, and models whose logits are known, so that generation is tested without tensors.

import ApusCore
import ApusGeneration
import ApusTokenizers
import Synchronization

/// Ids 0 to 255 are bytes; 256 and 257 are special and have text that must never be shown.
struct ByteTokenizer: Tokenizer {
  static let ends: Set<Int32> = [256, 257]
  let vocabularySize = 258
  let specialTokens = SpecialTokens([
    AddedToken(id: 256, content: Array("<|endoftext|>".utf8)), AddedToken(id: 257, content: Array("<|end|>".utf8)),
  ])
  let joining = TokenJoining.concatenated
  var opening: [Int32] = []

  func encode(_ text: Span<UInt8>, special: SpecialTokenPolicy, into ids: inout [Int32]) {
    for index in text.indices { ids.append(Int32(text[index])) }
  }

  func locate(_ text: [UInt8], special: SpecialTokenPolicy) throws(ApusError) -> LocatedTokens { LocatedTokens() }
  func content(of id: Int32) -> [UInt8]? {
    if let byte = UInt8(exactly: id) { return [byte] }
    return specialTokens.tokens.first { $0.id == id }?.content
  }

  func save(to path: String) throws(ApusError) {
    throw ApusError(.fault, "a mock is not saved", file: path)
  }
}

/// A model given by a function from the whole sequence to logits; counts what it was asked.
final class MockModel: NextTokenModel {
  let vocabularySize: Int
  let contextLength: Int
  let calls = Mutex((appended: 0, appends: 0, logits: 0))
  private let function: @Sendable ([Int32]) -> [Float]

  init(vocabularySize: Int = 258, contextLength: Int = 4096, _ function: @escaping @Sendable ([Int32]) -> [Float]) {
    self.vocabularySize = vocabularySize
    self.contextLength = contextLength
    self.function = function
  }

  /// Says `script` after a prompt of `prompt` tokens, with certainty; then the end of text.
  static func saying(_ script: [Int32], afterPromptOf prompt: Int = 1, contextLength: Int = 4096) -> MockModel {
    MockModel(contextLength: contextLength) { sequence in
      var logits = [Float](repeating: 0, count: 258)
      let index = sequence.count - prompt
      logits[index < script.count ? Int(script[index]) : 256] = 50
      return logits
    }
  }

  static func saying(_ text: String, contextLength: Int = 4096) -> MockModel {
    saying(text.utf8.map { Int32($0) }, contextLength: contextLength)
  }

  /// All tokens equally probable.
  static func uniform(vocabularySize: Int = 258) -> MockModel {
    MockModel(vocabularySize: vocabularySize) { _ in [Float](repeating: 0, count: vocabularySize) }
  }

  /// Pseudo-random logits that depend on the last tokens.
  static let noisy = MockModel { sequence in
    let key = sequence.suffix(3).reduce(UInt64(17)) { $0 &* 31 &+ UInt64(bitPattern: Int64($1)) }
    let philox = Philox(seed: key)
    return (0..<258).map { Float(philox.block(UInt64($0))[0]) * 0x1p-30 }
  }

  func sequence(cached: Bool, capacity: Int) -> any TokenSequence { MockSequence(self) }

  final class MockSequence: TokenSequence {
    let model: MockModel
    var tokens: [Int32] = []

    init(_ model: MockModel) {
      self.model = model
    }

    func append(_ new: ArraySlice<Int32>) {
      tokens += new
      model.calls.withLock {
        $0.appended += new.count
        $0.appends += 1
      }
    }

    func logits(into logits: inout [Float]) {
      logits = model.function(tokens)
      model.calls.withLock { $0.logits += 1 }
    }
  }
}
