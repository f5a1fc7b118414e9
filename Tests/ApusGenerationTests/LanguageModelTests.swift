// What a language model makes of a prompt, and of ids that its files name.

import ApusCore
import ApusGeneration
import ApusModels
import Testing

@Suite struct LanguageModelTests {
  @Test func aPromptBeginsAsTheTokenizerAsks() throws {
    var tokenizer = ByteTokenizer()
    let mock = MockModel { _ in [Float](repeating: 0, count: 258) }
    #expect(try LanguageModel(mock, tokenizer: tokenizer).encode("hi") == [104, 105])
    #expect(try LanguageModel(mock, tokenizer: tokenizer).encode("") == [256])
    tokenizer.opening = [257]
    let model = LanguageModel(mock, tokenizer: tokenizer)
    #expect(try model.encode("hi") == [257, 104, 105])
    #expect(try model.encode("") == [257])
    tokenizer.opening = [104]
    #expect(try LanguageModel(mock, tokenizer: tokenizer).encode("hi") == [104, 105], "not twice")
  }

  /// transformers never meets such ids, and configurations of small models have them from its defaults.
  @Test func idsBeyondTheVocabularyAreIgnored() throws {
    let folder = try FileSystem.makeTemporaryFolder()
    defer { try? FileSystem.remove(folder) }
    var specification = Specification.gpt2(vocabulary: 40, context: 16, width: 8, layers: 1, heads: 2)
    (specification.beginToken, specification.endTokens) = (50_256, [50_256])
    try Model(specification: specification, seed: 1).save(to: folder)
    var model = try LanguageModel.load(folder)
    #expect(model.endOfText.isEmpty && model.beginningOfText == nil)
    try AtomicFile.write(
      #"{"eos_token_id": [40, 39], "bos_token_id": 40}"#, to: "\(folder)/generation_config.json")
    model = try LanguageModel.load(folder)
    #expect(model.endOfText == [39] && model.beginningOfText == nil)
    let generator = try model.generator([1], GenerationOptions(maximumTokens: 3))
    while try generator.nextToken() != nil {}
    #expect(generator.finishReason != nil)
  }
}
