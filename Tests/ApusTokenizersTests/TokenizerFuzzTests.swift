// Fuzzing: random tokenizers on random strings against their slow twins, the way back, and streamed decoding. A short
// run here; the long one:
//
//   APUS_FUZZ_COUNT=10000000 APUS_FUZZ_SEED=1 swift test -c release --scratch-path .build/tests --filter TokenizerFuzz
//
// Strings go by rounds of one random tokenizer each; a failure names the round, whose number is its seed.

import ApusCore
import Synchronization
import Testing

@testable import ApusTokenizers

@Suite struct TokenizerFuzzTests {
  private static let strings = number("APUS_FUZZ_COUNT") ?? 40_000
  private static let seed = number("APUS_FUZZ_SEED") ?? 1
  private static let stringsPerRound = 2_000

  private static func number(_ variable: String) -> Int? { Platform.environment(variable).flatMap { Int($0) } }

  @Test func fastTokenizersAreTheirSlowTwins() {
    let rounds = (Self.strings + Self.stringsPerRound - 1) / Self.stringsPerRound
    let outcome = Mutex((compared: 0, failures: [String]()))
    ThreadPool.shared.run(rounds) { round, _ in
      if outcome.withLock({ $0.failures.count >= 10 }) { return }
      let count = min(Self.stringsPerRound, Self.strings - round * Self.stringsPerRound)
      let failure = Self.failure(round: round, count)
      outcome.withLock { outcome in
        outcome.compared += count
        if let failure { outcome.failures.append("round \(round): \(failure)") }
      }
    }
    let (compared, failures) = outcome.withLock { $0 }
    #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
    print("tokenizer fuzzing: \(compared) strings, \(rounds) tokenizers, seed \(Self.seed): \(failures.count) differ")
  }

  /// What differs in one round, if anything does.
  private static func failure(round: Int, _ count: Int) -> String? {
    var generator = SeededGenerator(UInt64(truncatingIfNeeded: seed &* 1_000_003 &+ round))
    let kinds = RandomTokenizer.Kind.allCases
    do throws(ApusError) {
      let pair = try RandomTokenizer(kinds[round % kinds.count], using: &generator)
      for number in 0..<count {
        let text = pair.text(upTo: number % 50 == 0 ? 120 : 24, using: &generator)
        if let problem = try problem(text, pair, isThorough: number % 8 == 0) {
          return "\(pair.kind) \(problem) on the bytes \(text)"
        }
      }
      return nil
    } catch { return "\(error)" }
  }

  private static func problem(
    _ text: [UInt8], _ pair: RandomTokenizer, isThorough: Bool
  ) throws(ApusError) -> String? {
    let ids = try pair.fast.encode(text)
    let expected = pair.slow.encode(text)
    guard ids == expected else { return "gives \(ids), not \(expected)," }
    let whole = try pair.fast.decode(ids)
    if pair.keepsBytes && whole != text { return "does not come back" }
    guard isThorough else { return nil }
    var decoder = StreamingDecoder(pair.fast)
    var streamed = ""
    for id in ids { streamed += try decoder.push(id) }
    streamed += decoder.finish()
    if !streamed.utf8.elementsEqual(String(decoding: whole, as: UTF8.self).utf8) { return "streams to \(streamed)" }
    let located = try pair.fast.locate(text, special: .plainText)
    if located.ids != ids || located.bytes.count != ids.count { return "has other places" }
    if located.bytes.contains(where: { $0.upperBound > text.count }) { return "has places outside" }
    return try pair.fast.countTokens(text) == ids.count ? nil : "counts otherwise"
  }
}
