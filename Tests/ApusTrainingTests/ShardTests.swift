import ApusCore
import Testing

@testable import ApusTraining

/// A folder that is gone when the test is.
final class TemporaryFolder {
  let path: String
  init() throws { path = try FileSystem.makeTemporaryFolder(prefix: "apus-training") }
  deinit { try? FileSystem.remove(path) }
}

@Suite struct ShardTests {
  private let identity = CorpusIdentity(vocabularySize: 300, fingerprint: 77, endOfText: 0)

  /// A shard of three documents that spans several pages.
  private func write(_ path: String, _ identity: CorpusIdentity, count: Int = 70_001) throws -> [Int32] {
    let writer = try ShardWriter(path, identity: identity)
    let tokens = (0..<count).map { Int32($0 % (identity.vocabularySize - 1) + 1) }
    try writer.append(tokens[..<10])
    writer.endDocument(textBytes: 30)
    try writer.append(tokens[10..<40_000])
    writer.endDocument(textBytes: 100_000)
    try writer.append(tokens[40_000...])
    writer.endDocument(textBytes: 1)
    try writer.finish()
    return tokens
  }

  @Test(arguments: [300, 65_536, 65_537, 200_000])
  func tokensComeBack(vocabulary: Int) throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/train-00000.tokens"
    let identity = CorpusIdentity(vocabularySize: vocabulary, fingerprint: .max, endOfText: nil)
    let tokens = try write(path, identity)
    let shard = try Shard(path)
    #expect(shard.identity == identity)
    #expect(shard.count == tokens.count && shard.documentCount == 3 && shard.textBytes == 100_031)
    #expect((0..<3).map { shard.end(ofDocument: $0) } == [10, 40_000, 70_001])
    var copy = [Int32](repeating: -1, count: tokens.count + 2)
    try shard.copy(0..<tokens.count, to: &copy, at: 1)
    #expect(Array(copy[1...tokens.count]) == tokens && copy.first == -1 && copy.last == -1)
    let width = vocabulary <= 65_536 ? 2 : 4
    #expect(try FileSystem.size(path) < tokens.count * width + 256)
  }

  @Test func shardsJoinToOneCorpus() throws {
    let folder = try TemporaryFolder()
    let first = try write("\(folder.path)/train-00000.tokens", identity)
    let second = try write("\(folder.path)/train-00001.tokens", identity, count: 50_000)
    let corpus = try TokenCorpus(folder: folder.path, split: .train)
    #expect(corpus.count == 120_001 && corpus.documentCount == 6)
    #expect((0..<6).map { corpus.end(ofDocument: $0) } == [10, 40_000, 70_001, 70_011, 110_001, 120_001])
    #expect(corpus.document(endingAtOrAfter: 70_001) == 2 && corpus.document(endingAtOrAfter: 70_002) == 3)
    #expect(corpus.document(endingAtOrAfter: 120_002) == 6)
    var copy = [Int32](repeating: 0, count: 20)
    try corpus.copy(69_991..<70_011, to: &copy, at: 0)
    #expect(copy == first.suffix(10) + second.prefix(10))
    #expect(throws: ApusError.self) { try TokenCorpus(folder: folder.path, split: .validation) }
  }

  @Test func anotherTokenizerIsRefused() throws {
    let folder = try TemporaryFolder()
    _ = try write("\(folder.path)/train-00000.tokens", identity)
    var other = identity
    other.fingerprint = 78
    _ = try write("\(folder.path)/train-00001.tokens", other)
    let error = #expect(throws: ApusError.self) { try TokenCorpus(folder: folder.path, split: .train) }
    #expect(error?.kind == .badData && error?.file?.hasSuffix("train-00001.tokens") == true)
  }

  @Test func everyDamagedByteIsFoundAndPlaced() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/shard"
    _ = try write(path, identity)
    let whole = try FileSystem.readAll(path)
    let places = Array(0..<64) + [100, 65_599, 65_600, 140_063] + Array(140_064..<whole.count)
    for place in places {
      var damaged = whole
      damaged[place] ^= 0x10
      try AtomicFile.write(damaged, to: path)
      let error = #expect(throws: ApusError.self, "byte \(place)") { try Shard(path) }
      #expect(error?.kind == .badData && error?.file == path)
      #expect(error?.place?.hasPrefix("offset ") == true, "byte \(place)")
    }
    var damaged = whole
    damaged[70_000] ^= 1
    try AtomicFile.write(damaged, to: path)
    let error = #expect(throws: ApusError.self) { try Shard(path) }
    #expect(error?.place == "offset 65600")
  }

  @Test(arguments: [0, 1, 63, 64, 127, 128, 1000, 140_063, 140_175])
  func truncationIsFound(length: Int) throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/shard"
    _ = try write(path, identity)
    let whole = try FileSystem.readAll(path)
    try AtomicFile.write(Array(whole.prefix(length)), to: path)
    let error = #expect(throws: ApusError.self) { try Shard(path) }
    #expect(error?.kind == .badData && error?.place?.hasPrefix("offset") == true)
  }

  @Test func missingAndForeignFiles() throws {
    let folder = try TemporaryFolder()
    #expect(#expect(throws: ApusError.self) { try Shard("\(folder.path)/none") }?.kind == .missingInput)
    try AtomicFile.write([UInt8](repeating: 0x20, count: 4096), to: "\(folder.path)/text")
    let error = #expect(throws: ApusError.self) { try Shard("\(folder.path)/text") }
    #expect(error?.kind == .badData && error?.place == "offset 0")
  }

  @Test func idsOutsideTheVocabularyAreRefused() throws {
    let folder = try TemporaryFolder()
    let writer = try ShardWriter("\(folder.path)/shard", identity: identity)
    #expect(throws: ApusError.self) { try writer.append([1, 300]) }
    #expect(throws: ApusError.self) { try writer.append([-1]) }
  }
}
