// A small random encoder with a vocabulary of its own, in memory and as a folder.

import ApusCore
import ApusGeneration
import ApusModels
import ApusTensor
import ApusTokenizers
import Foundation

/// A BERT of a few words, whose folder is removed with its last user.
final class TinyEncoder {
  static let words = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "sat", "on", "mat", "walk", "##ing", "##s", ".", ",",
    "dog", "a", "é", "ran", "big",
  ]

  let folder: String
  let model: Model

  init(context: Int = 24, head: Bool = true, pooler: Bool = true) throws {
    folder = try FileSystem.makeTemporaryFolder(prefix: "apus-encoder")
    // Some rows more than words, as many checkpoints have.
    var specification = Specification.bert(
      vocabulary: Self.words.count + 4, context: context, width: 16, layers: 2, heads: 2, feedForwardWidth: 32)
    specification.initialDeviation = 0.4
    specification.encoder?.hasPooler = pooler
    if !head {
      specification.encoder?.maskedHead = nil
      specification.biases.output = false
    }
    model = try Model(specification: specification, seed: 5)
    try model.save(to: folder)
    try write(Self.words.joined(separator: "\n") + "\n", to: "vocab.txt")
  }

  func write(_ text: String, to name: String) throws {
    let path = FileSystem.join(folder, name)
    try FileSystem.makeFolders(FileSystem.parent(of: path))
    try AtomicFile.write(Array(text.utf8), to: path)
  }

  /// The folder, loaded.
  func load() throws -> EncoderModel {
    try withExtendedLifetime(self) { try EncoderModel.load(folder) }
  }

  /// The ids of words in their frame.
  static func ids(_ text: String) -> [Int32] {
    text.split(separator: " ").map { word in Int32(words.firstIndex(of: String(word)) ?? 1) }
  }

  /// The vector of ids, computed apart from all that is tested.
  func vector(_ ids: [Int32], _ pooling: Pooling = .mean, normalised: Bool = true) throws -> [Float] {
    try model.embeddings(PackedBatch(sequence: ids), pooling: pooling, normalised: normalised, in: Workspace())[0]
  }

  deinit {
    try? FileSystem.remove(folder)
  }
}
