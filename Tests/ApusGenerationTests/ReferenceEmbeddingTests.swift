// Embeddings of a real checkpoint against those of its own library, from ids and from text. Runs where APUS_MODELS
// names a folder with checkpoints; the expected vectors lie with the fixtures.

import ApusCore
import ApusModels
import ApusTensor
import ApusTestSupport
import ApusTokenizers
import Foundation
import Testing

@testable import ApusGeneration

@Suite struct ReferenceEmbeddingTests {
  private static let tolerance: Float = 1e-4

  @Test func vectorsAreThoseOfSentenceTransformers() throws {
    let name = "all-minilm-l6-v2"
    guard let fixture = Fixtures.folder("reference/minilm.json", for: "reference embeddings") else { return }
    guard let folder = Fixtures.models?.appending(path: name).path, FileSystem.isFolder(folder) else {
      print("reference embeddings: skipped, no \(name) (set APUS_MODELS to a folder that holds it)")
      return
    }
    let expected = try JSON.read(fixture.path)
    let encoder = try EncoderModel.load(folder)
    let limit = try #require(expected["max_seq_length"]?.int)
    #expect(try encoder.embeddingSettings() == EmbeddingSettings(maximumTokens: limit))
    let workspace = try Workspace()
    var worst: Float = 0
    var cases = 0
    for sentence in try #require(expected["sentences"]?.array) {
      let text = try #require(sentence["text"]?.string)
      let ids = try #require(sentence["token_ids"]?.array).compactMap { $0.int.map { Int32($0) } }
      let wanted = try #require(sentence["embedding"]?.array).compactMap { $0.double.map { Float($0) } }
      #expect(try encoder.tokenized(text, limit: limit).text.ids == ids, "\(text)")
      let vectors = try encoder.model.embeddings(
        PackedBatch(sequence: ids), pooling: .mean, normalised: true, in: workspace)
      for vector in try vectors + encoder.embed([text]) {
        try #require(vector.count == wanted.count)
        worst = zip(vector, wanted).reduce(worst) { max($0, abs($1.0 - $1.1)) }
        cases += 1
      }
    }
    print("reference embeddings: \(cases) vectors, off by \(worst) at most")
    #expect(cases > 0 && worst <= Self.tolerance)
  }
}
