// Perplexity of real quantised checkpoints by `apus evaluate --chunks`, against what llama.cpp printed for the same
// text. Its figures stand in one sentence of PEERS.md beside the fixtures; they are read from there. Runs where
// APUS_MODELS names a folder with the files.

import ApusCore
import ApusTestSupport
import Foundation
import Testing

@testable import ApusCommands

@Suite struct ReferencePerplexityTests {
  /// As the fixtures' README says: of the perplexity.
  private static let tolerance = 0.005

  @Test func quantisedCheckpointsPredictAsWellAsInLlamaCpp() async throws {
    guard let folder = Fixtures.folder("reference", for: "reference perplexity"),
      let sentence = try PeerPerplexity.sentence(folder.appending(path: "../../PEERS.md").standardizedFileURL)
    else { return print("reference perplexity: skipped, no figures in PEERS.md beside the fixtures") }
    var cases = 0
    for name in try FileSystem.list(folder.path).sorted() where name.hasSuffix(".json") {
      guard let file = try JSON.read(folder.appending(path: name).path)["as_shipped"]?["file"]?.string else { continue }
      guard let path = Fixtures.models?.appending(path: file).path, FileManager.default.fileExists(atPath: path) else {
        print("reference perplexity: skipped \(file) (set APUS_MODELS to a folder that holds it)")
        continue
      }
      guard let expected = sentence.perplexity(of: file) else { continue }
      let outcome = await apus(
        "evaluate", "--model", path, "--text", folder.appending(path: "../\(sentence.text)").path,
        "--context", "\(sentence.context)", "--chunks", "\(sentence.chunks)", "--format", "json")
      #expect(outcome.status == 0, "\(outcome.error)")
      let found = try #require(try JSON.parse(outcome.output)["perplexity"]?.double)
      print("reference perplexity: \(file): \(found), llama.cpp \(expected)")
      #expect(abs(found / expected - 1) < Self.tolerance, "\(file): \(found), llama.cpp \(expected)")
      cases += 1
    }
    print("reference perplexity: \(cases) cases")
  }

  @Test func theSentenceIsRead() throws {
    let figures = "Big Q4_1 17.5, Q8_0 18; Tiny F16 2.25. At depth"
    let sentence = try #require(PeerPerplexity("Peak 1.5 MB. Perplexity\n(a/b.txt, context 64, 3 chunks): \(figures)"))
    #expect(sentence.text == "a/b.txt" && sentence.context == 64 && sentence.chunks == 3)
    #expect(sentence.perplexity(of: "big-1b-q8_0.gguf") == 18 && sentence.perplexity(of: "tiny-f16.gguf") == 2.25)
    #expect(sentence.perplexity(of: "big-1b-f16.gguf") == nil && PeerPerplexity("Perplexity was low.") == nil)
  }
}

/// "Perplexity (FILE, context N, N chunks): NAME TYPE VALUE, TYPE VALUE; NAME TYPE VALUE."
private struct PeerPerplexity {
  let text: String
  let context: Int
  let chunks: Int
  private let values: [(name: String, type: String, value: Double)]

  static func sentence(_ file: URL) throws -> PeerPerplexity? {
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    return PeerPerplexity(try String(contentsOf: file, encoding: .utf8))
  }

  init?(_ page: String) {
    let flat = page.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    guard let match = flat.firstMatch(of: /Perplexity \((\S+), context (\d+), (\d+) chunks\): (.*?)\.(?: |$)/),
      let context = Int(match.2), let chunks = Int(match.3)
    else { return nil }
    (text, self.context, self.chunks) = (String(match.1), context, chunks)
    values = match.4.split(separator: ";").flatMap { Self.entries($0.split(separator: ",").map(String.init)) }
  }

  // The first names the model that the others are of too.
  private static func entries(_ texts: [String]) -> [(name: String, type: String, value: Double)] {
    let entries = texts.map { $0.split(separator: " ").map(String.init) }
    var found: [(name: String, type: String, value: Double)] = []
    for words in entries where words.count >= 2 {
      guard let value = Double(words[words.count - 1]) else { continue }
      found.append((entries[0][0], words[words.count - 2], value))
    }
    return found
  }

  /// What is said of a file whose name holds the model's and the type's.
  func perplexity(of file: String) -> Double? {
    let file = file.lowercased()
    return values.first { file.contains($0.name.lowercased()) && file.contains($0.type.lowercased()) }?.value
  }
}
