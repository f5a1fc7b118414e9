// llama.cpp's perplexity, against a slow twin that takes its description literally: one text, a token in front where
// the tokenizer's files put one, cut into chunks whose first token gives way to it, and the second half of each scored.

import ApusCore
import ApusModels
import ApusTensor
import ApusTokenizers
import Testing

@testable import ApusTraining

@Suite struct ChunkedEvaluationTests {
  private static let ids = (0..<53).map { Int32(1 + ($0 * $0 + 3) % 17) }

  /// The sum of losses and their number: `context` tokens a chunk, one after another.
  private func twin(
    _ model: Model, _ opening: Int32?, context: Int, count: Int, _ workspace: Workspace
  ) throws -> (sum: Double, tokens: Int) {
    let text = (opening.map { [$0] } ?? []) + Self.ids
    var (sum, tokens) = (0.0, 0)
    for chunk in 0..<min(count, text.count / context) {
      var seen = Array(text[chunk * context..<(chunk + 1) * context])
      if let opening { seen[0] = opening }
      let losses = try model.evaluationLoss(
        PackedBatch(sequences: [seen.dropLast()], targets: [Array(seen.dropFirst())]), in: workspace)
      for loss in losses[(context / 2)...] {
        sum += Double(loss)
        tokens += 1
      }
    }
    return (sum, tokens)
  }

  @Test(arguments: [nil, 0] as [Int32?], [3, 8, 9, 12, 54])
  func chunksAreScoredAsLlamaCppScoresThem(opening: Int32?, context: Int) throws {
    var settings = TinyTraining("llama").configuration.model
    settings.context = 54
    let model = try Model(specification: settings.specification(vocabulary: 18), seed: 5)
    let workspace = try Workspace()
    let ends = Array(stride(from: context, through: Self.ids.count, by: context))
    let corpus = TokenCorpus(
      Self.ids, documentEnds: ends, identity: CorpusIdentity(vocabularySize: 18, endOfText: nil))
    let stream = CorpusStream(corpus, beginning: opening)
    let tokenizer = try CharacterTrainer.tokenizer()
    for count in [1, 2, 100] {
      var evaluator = Evaluator(tokenizer: tokenizer, context: context)
      evaluator.chunks = count == 100 ? 0 : count
      let result = try evaluator.evaluate(stream, model: model, in: workspace)
      let expected = try twin(model, opening, context: context, count: count, workspace)
      #expect(result.tokens == expected.tokens && evaluator.scoredTokens(of: stream) == expected.tokens)
      #expect(result.sum == expected.sum, "\(count) chunks of \(context)")
    }
  }

  @Test func separatorsAreTextAndEveryChunkIsADocument() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/text.txt"
    try AtomicFile.write("one bird<|endoftext|>two birds<|endoftext|>\n", to: path)
    let tokenizer = try CharacterTrainer.tokenizer()
    let corpus = try TextCorpus.tokens(ofFile: path, tokenizer: tokenizer, chunk: 10)
    let whole = try tokenizer.encode("one bird<|endoftext|>two birds<|endoftext|>\n").count
    #expect(corpus.count == whole && corpus.documentCount == whole / 10)
    #expect(corpus.end(ofDocument: 1) == 20 && corpus.identity.endOfText == nil)
  }
}

extension CharacterTrainer {
  fileprivate static func tokenizer() throws -> any Tokenizer {
    var trainer = try CharacterTrainer()
    trainer.add(Array("one bird, two birds<|endoftext|>\n".utf8))
    return try trainer.train()
  }
}
