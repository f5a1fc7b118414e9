// The text that an evaluation scores is cut into documents as training cuts it.

import ApusCore
import ApusTokenizers
import Foundation
import Testing

@testable import ApusTraining

@Suite struct EvaluationTextTests {
  private func tokens(of text: String, _ tokenizer: any Tokenizer) throws -> TokenCorpus {
    let folder = try FileSystem.makeTemporaryFolder(prefix: "apus-evaluation")
    defer { try? FileSystem.remove(folder) }
    let path = FileSystem.join(folder, "text.txt")
    try AtomicFile.write(text, to: path)
    return try TextCorpus.tokens(ofFile: path, tokenizer: tokenizer)
  }

  @Test func separatedDocumentsEndEach() throws {
    var trainer = try BytePairTrainer(BytePairTrainer.Options(vocabularySize: 260))
    trainer.add(Array("one bird, two birds".utf8))
    let tokenizer = try trainer.train().tokenizer
    let end = try #require(tokenizer.specialTokens.endOfText)
    let separated = try tokens(of: "one bird<|endoftext|>two birds<|endoftext|>\n", tokenizer)
    var ids = [Int32](repeating: 0, count: separated.count)
    try separated.copy(0..<separated.count, to: &ids, at: 0)
    #expect(ids == (try tokenizer.encode("one bird") + [end] + tokenizer.encode("two birds") + [end]))
    #expect(separated.documentCount == 2)
    let whole = try tokens(of: "one bird\n\ntwo birds", tokenizer)
    #expect(whole.count == (try tokenizer.encode("one bird\n\ntwo birds").count))
  }
}
