// GGUF files that others made: metadata of every type, malformed and big-endian files, vocabularies.

import ApusCore
import ApusFormats
import ApusTestSupport
import Foundation
import Testing

@Suite struct GGUFFixtureTests {
  @Test func malformedFilesAreJudgedAsTheirListSays() throws {
    judge(try malformedFiles(".gguf")) { _ = try GGUFCheckpoint($0) }
  }

  @Test func everyTypeOfMetadataAndTensorIsRead() throws {
    guard let folder = Fixtures.folder("conformance/gguf", for: "GGUF types") else { return }
    let list = folder.appending(path: "types.json").path
    let described = try JSON.read(list)
    let file = try GGUFFile(folder.appending(path: "types.gguf").path)
    let metadata = try #require(described["metadata"]?.object)
    // gguf-py leaves out empty texts.
    for (key, expected) in metadata where file.metadata[key] != nil || expected.string != "" {
      let value = try #require(file.metadata[key], "\(key)")
      #expect(Self.agree(value, expected), "\(key): \(value) against \(expected.text())")
    }
    #expect(file.metadata["general.architecture"]?.string == described["arch"]?.string)

    let tensors = try #require(described["tensors"]?.object)
    var found = 0
    for (name, expected) in tensors {
      guard let tensor = file.tensor(name) else { continue }
      found += 1
      #expect(tensor.shape == expected["numpy_shape"]?.array?.compactMap(\.int))
      let type = try #require(expected["type"]?.string)
      if type.uppercased() == type { #expect(tensor.type.rawValue == type) }
    }
    #expect(found == file.tensors.count)
    print("GGUF types: \(metadata.count) values, \(found) tensors")
  }

  private static func agree(_ value: GGUFValue, _ expected: JSON) -> Bool {
    switch (value, expected) {
    case (.array(let array), .array(let list)):
      switch array.type {
      case .string: array.strings == list.map { Array(($0.string ?? "?").utf8) }
      case .bool: array.bools == list.compactMap(\.bool)
      default: array.doubles == list.map { $0.double ?? .nan }
      }
    case (.string, _): value.string == expected.string
    case (.bool(let value), _): value == expected.bool
    case (.uint64(let value), .double(let wide)): Double(value) == wide
    case (.float32, _), (.float64, _): value.double == expected.double
    default: value.int == expected.int
    }
  }

  @Test func everyReadableFileOpens() throws {
    guard let folder = Fixtures.folder("conformance/gguf", for: "GGUF files") else { return }
    var opened = 0
    for name in try FileSystem.list(folder.path) where name.hasSuffix(".gguf") {
      let path = FileSystem.join(folder.path, name)
      if name.contains("bigendian") {
        let error = #expect(throws: ApusError.self) { try GGUFFile(path) }
        #expect(error?.problem.contains("big-endian") == true)
      } else {
        #expect(try !GGUFFile(path).tensors.isEmpty)
        opened += 1
      }
    }
    print("GGUF files: \(opened) opened")
  }

  @Test func vocabulariesOpenFast() throws {
    guard let folder = Fixtures.vocabularies?.appending(path: "llama_cpp"), FileSystem.isFolder(folder.path) else {
      return print("GGUF vocabularies: skipped, none there")
    }
    var (files, tokens, slowest) = (0, 0, UInt64(0))
    for name in try FileSystem.list(folder.path) where name.hasSuffix(".gguf") {
      let begin = Clock.nanoseconds()
      let file = try GGUFFile(FileSystem.join(folder.path, name))
      slowest = max(slowest, UInt64(Clock.nanoseconds() - begin))
      let list = try #require(try file.metadata.strings("tokenizer.ggml.tokens"))
      #expect(list.strings?.count == list.count)
      tokens += list.count
      files += 1
    }
    print("GGUF vocabularies: \(files) files, \(tokens) tokens, slowest \(slowest / 1000) µs to open")
  }
}
