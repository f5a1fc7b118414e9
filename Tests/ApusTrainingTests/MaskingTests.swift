// Which tokens are masked, with what, and that nothing but the row decides it.

import ApusCore
import ApusTensor
import ApusTestSupport
import ApusTokenizers
import Foundation
import Testing

@testable import ApusTraining

@Suite struct MaskingTests {
  private static let size = 1003
  private let vocabulary = MaskedVocabulary(size: Self.size)

  /// Counts of what happened to many tokens in rows of 128.
  private struct Counts {
    var content = 0
    var chosen = 0
    var masked = 0
    var random = 0
    var kept = 0

    func share(_ count: Int, of total: Int) -> Double { Double(count) / Double(total) }
  }

  private func row(_ row: Int, count: Int = 126) -> [Int32] {
    [vocabulary.first] + (0..<count).map { Int32(($0 * 31 + row * 7) % 1000) } + [vocabulary.last]
  }

  private func count(_ settings: MaskingSettings, content: Int) -> Counts {
    let masking = Masking(settings, vocabulary, seed: 17)
    var counts = Counts()
    for index in 0..<(content + 125) / 126 {
      let original = row(index, count: min(126, content - 126 * index))
      let (tokens, targets) = masking.applied(to: original, row: index)
      counts.content += original.count - 2
      for place in original.indices where targets[place] >= 0 {
        #expect(targets[place] == original[place] && original[place] < 1000)
        counts.chosen += 1
        if tokens[place] == vocabulary.mask {
          counts.masked += 1
        } else if tokens[place] == original[place] {
          counts.kept += 1
        } else {
          counts.random += 1
        }
      }
      for place in original.indices where targets[place] < 0 { #expect(tokens[place] == original[place]) }
    }
    return counts
  }

  /// Within `deviations` standard deviations of a binomial share.
  private func expectShare(_ count: Int, of total: Int, _ share: Double, _ deviations: Double = 4) {
    let deviation = (share * (1 - share) / Double(total)).squareRoot()
    #expect(abs(Double(count) / Double(total) - share) < deviations * deviation, "\(count) of \(total), not \(share)")
  }

  @Test func sharesAreThoseOfTheSettings() {
    let plain = count(MaskingSettings(), content: 200_000)
    expectShare(plain.chosen, of: plain.content, 0.15)
    expectShare(plain.masked, of: plain.chosen, 0.8 + 0.1 / Double(Self.size))
    expectShare(plain.random, of: plain.chosen, 0.1 * (1 - 2 / Double(Self.size)))
    expectShare(plain.kept, of: plain.chosen, 0.1 + 0.1 / Double(Self.size))
    var settings = MaskingSettings()
    (settings.probability, settings.maskShare, settings.randomShare) = (0.4, 0.3, 0.7)
    let other = count(settings, content: 200_000)
    expectShare(other.chosen, of: other.content, 0.4)
    expectShare(other.masked, of: other.chosen, 0.3 + 0.7 / Double(Self.size))
    #expect(other.kept < other.chosen / 100)
  }

  @Test func sharesAreThoseOfTheReference() throws {
    guard let folder = Fixtures.folder("conformance/mlm", for: "masking") else { return }
    var cases = 0
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name.hasSuffix(".json") {
      let json = try JSON.read(folder.appending(path: name).path)
      let rule = try #require(json["rule"])
      var settings = MaskingSettings()
      settings.probability = try #require(rule["select"]?.double)
      settings.maskShare = try #require(rule["of_selected"]?["mask_token"]?.double)
      settings.randomShare = try #require(rule["of_selected"]?["random_token"]?.double)
      let counts = count(settings, content: try #require(json["measured"]?["content_tokens"]?.int))
      let bounds = try #require(json["measured"]?["z3_bounds"]?["selected_fraction"]?.array).compactMap(\.double)
      let chosen = counts.share(counts.chosen, of: counts.content)
      #expect(bounds.count == 2 && chosen > bounds[0] && chosen < bounds[1], "\(chosen)")
      let unchanged = try #require(rule["of_selected"]?["unchanged"]?.double)
      let hidden = settings.randomShare / Double(Self.size)
      expectShare(counts.masked, of: counts.chosen, settings.maskShare + hidden)
      expectShare(counts.random, of: counts.chosen, settings.randomShare - 2 * hidden)
      expectShare(counts.kept, of: counts.chosen, unchanged + hidden)
      cases += 1
    }
    print("masking against the reference's frequencies: \(cases) cases")
  }

  @Test func everySequenceHasOneAtLeast() {
    let masking = Masking(MaskingSettings(), vocabulary, seed: 3)
    var places = [Int](repeating: 0, count: 5)
    var singles = 0
    for index in 0..<4000 {
      let targets = masking.applied(to: row(index, count: 3), row: index).targets
      let chosen = targets.indices.filter { targets[$0] >= 0 }
      #expect(!chosen.isEmpty)
      for place in chosen { places[place] += 1 }
      if chosen.count == 1 { singles += 1 }
    }
    #expect(places[0] == 0 && places[4] == 0)
    // One by chance, or else the nearest: 3 p (1 - p)² + (1 - p)³ of the rows have exactly one.
    expectShare(singles, of: 4000, 3 * 0.15 * 0.85 * 0.85 + 0.85 * 0.85 * 0.85)
    for place in 1...3 { #expect(abs(places[place] - (places[1] + places[2] + places[3]) / 3) < 150, "\(places)") }
    let empty = masking.applied(to: [vocabulary.first, vocabulary.last], row: 0)
    #expect(empty.targets == [-1, -1] && empty.tokens == [vocabulary.first, vocabulary.last])
  }

  @Test func theRowAloneDecides() {
    let masking = Masking(MaskingSettings(), vocabulary, seed: 3)
    let original = row(0)
    let (once, again) = (masking.applied(to: original, row: 5), masking.applied(to: original, row: 5))
    #expect(once.tokens == again.tokens && once.targets == again.targets)
    #expect(masking.applied(to: original, row: 6).targets != once.targets)
    #expect(Masking(MaskingSettings(), vocabulary, seed: 4).applied(to: original, row: 5).targets != once.targets)
    #expect(masking.applied(to: original, row: 5 + 1 << 40).targets != once.targets)
  }

  @Test func piecesOfAWordAreChosenTogether() throws {
    let text = String(
      repeating: "Unbelievably, the smallest birds were singing (quietly) in 1984's treetops. ", count: 40)
    let tokenizer = try Self.tokenizer(text, vocabulary: 290)
    let vocabulary = try MaskedVocabulary(tokenizer)
    var settings = MaskingSettings()
    settings.wholeWords = true
    settings.randomShare = 0
    settings.maskShare = 1
    let masking = Masking(settings, vocabulary, seed: 8)
    let ids = try tokenizer.encode(text)
    let starts = WordStarts(tokenizer)
    var (chosen, words, whole) = (0, 0, 0)
    for index in 0..<60 {
      let targets = masking.applied(to: ids, row: index).targets
      chosen += targets.count { $0 >= 0 }
      var first = 0
      for place in 1...ids.count where place == ids.count || starts.begins(ids[place], after: ids[place - 1]) {
        let state = Set(targets[first..<place].map { $0 >= 0 })
        #expect(state.count == 1, "a word is masked in part")
        if place - first > 3 {
          words += 1
          if state == [true] { whole += 1 }
        }
        first = place
      }
    }
    // Words of several pieces are no likelier than others, so that the share of tokens is the setting's.
    expectShare(whole, of: words, 0.15)
    expectShare(chosen, of: 60 * ids.count, 0.15, 12)
  }

  @Test func aTokenizerWithoutMaskIsRefused() throws {
    var trainer = try BytePairTrainer(BytePairTrainer.Options(vocabularySize: 260))
    trainer.add(Array("a text".utf8))
    let tokenizer = try trainer.train().tokenizer
    let error = #expect(throws: ApusError.self) { try MaskedVocabulary(tokenizer) }
    #expect(error?.kind == .badData && error?.description.contains("[MASK]") == true)
    let roberta = try Self.tokenizer("a text", vocabulary: 270, specials: ["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    let parts = try MaskedVocabulary(roberta)
    #expect(parts.first == 0 && parts.last == 2 && parts.mask == 4)
  }

  static func tokenizer(
    _ text: String, vocabulary: Int, specials: [String] = MaskedVocabulary.specialTokens
  ) throws -> PipelineTokenizer {
    var options = BytePairTrainer.Options(vocabularySize: vocabulary)
    options.specialTokens = specials.map { Array($0.utf8) }
    var trainer = try BytePairTrainer(options)
    trainer.add(Array(text.utf8))
    return try trainer.train().tokenizer
  }
}

extension Masking {
  /// A row by itself, masked.
  func applied(to row: [Int32], row index: Int) -> (tokens: [Int32], targets: [Int32]) {
    var (tokens, targets) = (row, [Int32](repeating: -1, count: row.count))
    let chosen = apply(to: 0..<row.count, of: &tokens, targets: &targets, row: index, start: 0)
    #expect(chosen == targets.count { $0 >= 0 })
    return (tokens, targets)
  }
}

@Suite struct MaskedRowTests {
  /// The text behind a row of questions and answers.
  private func original(_ batch: StepBatch) -> [Int32] { zip(batch.tokens, batch.targets).map { $1 >= 0 ? $1 : $0 } }

  @Test(arguments: [true, false]) func rowsAreFramedPiecesOfDocuments(endOfText: Bool) throws {
    let corpus = countingCorpus([5, 4, 11], endOfText: endOfText)
    let vocabulary = MaskedVocabulary(size: 60)
    let (first, last) = (vocabulary.first, vocabulary.last)
    let objective = Objective.masked(Masking(MaskingSettings(), vocabulary, seed: 2))
    let context = objective.textTokens(context: 10)
    #expect(context == 8)
    var batcher = try PackedBatcher(CorpusStream(corpus), BatcherOptions(context: context, seed: 1))
    var batch = StepBatch()
    try batcher.fill(&batch, positions: 0..<batcher.rowCount, objective: objective)
    #expect(batch.rowCount == batcher.rowCount)
    let text = original(batch)
    var pieces: [[Int32]] = []
    for segment in batch.segments {
      let piece = Array(text[segment.start..<segment.start + segment.count])
      #expect(piece.count <= 10 && piece.first == first && piece.last == last && !piece.contains(0))
      pieces.append(Array(piece.dropFirst().dropLast()))
    }
    #expect(Set(pieces.flatMap { $0 }) == Set(1...20), "every token, and no end of text")
    #expect(pieces.filter { !$0.isEmpty }.allSatisfy { $0 == Array($0[0]..<$0[0] + Int32($0.count)) })
    #expect(pieces.contains([1, 2, 3, 4, 5]) && pieces.contains { $0.first == 6 && $0.count < 5 })
    #expect(batch.validTargets == batch.targets.count { $0 >= 0 })
    for segment in batch.segments where segment.count > 2 {
      #expect(batch.targets[segment.start..<segment.start + segment.count].contains { $0 >= 0 })
    }
  }

  @Test func epochsAreMaskedAnewAndMicroBatchesAlike() throws {
    let corpus = countingCorpus([30, 30], endOfText: true)
    let objective = Objective.masked(Masking(MaskingSettings(), MaskedVocabulary(size: 100), seed: 2))
    var batcher = try PackedBatcher(CorpusStream(corpus), BatcherOptions(context: 31, seed: 1))
    var (both, single) = (StepBatch(), StepBatch())
    try batcher.fill(&both, positions: 0..<4, objective: objective)
    #expect(Set(original(both)[..<32]) != [] && both.targets[..<64] != both.targets[64...])
    // A row's draws do not depend on where in a step it comes.
    try batcher.fill(&single, positions: 3..<4, objective: objective)
    #expect(single.tokens == Array(both.tokens.suffix(single.tokens.count)))
    #expect(single.targets == Array(both.targets.suffix(single.targets.count)))
  }
}
