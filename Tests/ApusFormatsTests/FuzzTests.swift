// Whatever the bytes, the readers open a file or say what is wrong with it: thousands of damaged files, from fixed
// seeds.

import ApusCore
import ApusFormats
import ApusTestSupport
import Foundation
import Testing

@Suite final class FuzzTests {
  private let folder: String

  init() throws { folder = try FileSystem.makeTemporaryFolder(prefix: "apus-fuzz") }

  deinit { try? FileSystem.remove(folder) }

  private func path(_ name: String) -> String { FileSystem.join(folder, name) }

  // Without the disk's care for safety, which would only slow this down.
  private func file(_ bytes: [UInt8]) throws -> String {
    let stream = try #require(fopen(path("fuzz"), "w"))
    defer { fclose(stream) }
    try #require(fwrite(bytes, 1, bytes.count, stream) == bytes.count)
    return path("fuzz")
  }

  private func goodGGUF() throws -> [UInt8] {
    var metadata = GGUFMetadata()
    metadata["general.architecture"] = .text("llama")
    metadata["general.alignment"] = .uint32(8)
    metadata["texts"] = .array(GGUFArray(texts: ["a", "", "bcd"]))
    metadata["floats"] = .array(GGUFArray([Float(0.5), -1.5]))
    metadata["bools"] = .array(GGUFArray([true, false]))
    metadata["u64"] = .uint64(7)
    let tensors: [TensorDescription] = [
      .init(name: "a", type: .float32, shape: [2, 3]), .init(name: "b", type: .q8v0, shape: [2, 32]),
      .init(name: "c", type: .int8, shape: [3]),
    ]
    try GGUFWriter.write(to: path("good"), metadata: metadata, tensors: tensors) { tensor, sink throws(ApusError) in
      try [UInt8](repeating: 1, count: tensor.type.byteCount(shape: tensor.shape) ?? 0).withUnsafeBytes(sending: sink)
    }
    return try FileSystem.readAll(path("good"))
  }

  private func goodSafetensors() throws -> [UInt8] {
    let tensors: [TensorDescription] = [
      .init(name: "a", type: .float32, shape: [2, 2]), .init(name: "b", type: .uint8, shape: [4]),
    ]
    try SafetensorsWriter.write(to: path("good"), metadata: ["format": "pt"], tensors: tensors) {
      tensor, sink throws(ApusError) in
      try [UInt8](repeating: 1, count: tensor.type.byteCount(shape: tensor.shape) ?? 0).withUnsafeBytes(sending: sink)
    }
    return try FileSystem.readAll(path("good"))
  }

  /// Opens `count` damaged copies; those that open are looked through, and those that do not say so in a typed error.
  private func damage(_ good: [UInt8], _ count: Int, seed: UInt64, _ open: (String) throws -> any TensorFile) throws {
    var random = Philox(seed: seed).stream()
    var (accepted, refused) = (0, 0)
    for _ in 0..<count {
      let bytes = Damage.copy(of: good, using: &random)
      let path = try file(bytes)
      do {
        try inspect(open(path), size: bytes.count)
        accepted += 1
      } catch let error as ApusError {
        #expect(error.kind == .badData && error.file == path)
        refused += 1
      }
    }
    #expect(accepted > count / 100 && refused > count / 4, "\(accepted) accepted, \(refused) refused")
    print("damaged files: \(accepted) accepted, \(refused) refused")
  }

  private func inspect(_ file: any TensorFile, size: Int) throws {
    for tensor in file.tensors {
      #expect(tensor.byteRange.upperBound <= size)
      #expect(file.bytes(of: tensor).count == tensor.type.byteCount(shape: tensor.shape))
      #expect(tensor.count == tensor.shape.reduce(1, *))
    }
    guard let metadata = (file as? GGUFFile)?.metadata else { return }
    for (key, value) in metadata.entries {
      #expect(metadata[key] != nil)
      guard let array = value.array else { continue }
      let lists: [Int?] = [array.strings?.count, array.ints?.count, array.doubles?.count, array.bools?.count]
      for count in lists { #expect(count == nil || count == array.count) }
    }
  }

  @Test func damagedGGUF() throws {
    try damage(try goodGGUF(), 3000, seed: 12) { try GGUFFile($0) }
  }

  @Test func damagedSafetensors() throws {
    try damage(try goodSafetensors(), 3000, seed: 11) { try SafetensorsFile($0) }
  }

  @Test func everyCutIsNoticed() throws {
    for (good, open) in [
      (try goodGGUF(), { try GGUFFile($0) }), (try goodSafetensors(), { try SafetensorsFile($0) }),
    ] as [([UInt8], (String) throws -> any TensorFile)] {
      let whole = try open(try file(good))
      let end = try #require(whole.tensors.last).byteRange.upperBound
      for count in 0..<end {
        #expect(throws: ApusError.self, "cut to \(count)") { try open(try file(Array(good[..<count]))) }
      }
    }
  }

  @Test func fixturesSurviveDamage() throws {
    guard let folder = Fixtures.folder("conformance/gguf", for: "damaged fixtures") else { return }
    var random = Philox(seed: 13).stream()
    var cases = 0
    for name in try FileSystem.list(folder.path) where name.hasSuffix(".gguf") || name.hasSuffix(".safetensors") {
      let good = try FileSystem.readAll(FileSystem.join(folder.path, name))
      guard good.count < 20_000 else { continue }
      for _ in 0..<300 {
        let bytes = Damage.copy(of: good, using: &random)
        let path = try file(bytes)
        let opened: (any TensorFile)? =
          name.hasSuffix(".gguf") ? try? GGUFFile(path) : try? SafetensorsFile(path)
        if let opened { try inspect(opened, size: bytes.count) }
        cases += 1
      }
    }
    print("damaged fixtures: \(cases) cases")
  }
}

/// Ways in which files come to harm.
enum Damage {
  /// A copy with one to three wounds.
  static func copy(of good: [UInt8], using random: inout some RandomNumberGenerator) -> [UInt8] {
    var bytes = good
    for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty { wound(&bytes, using: &random) }
    return bytes
  }

  private static func wound(_ bytes: inout [UInt8], using random: inout some RandomNumberGenerator) {
    let place = Int.random(in: 0..<bytes.count, using: &random)
    switch Int.random(in: 0..<7, using: &random) {
    case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
    case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 2: bytes[place] = Array("0123456789[]{},:-.e\"\\".utf8).randomElement(using: &random) ?? 0
    case 3: bytes.insert(UInt8(ascii: "9"), at: place)
    case 4: bytes.removeSubrange(place...)
    case 5:  // a piece of it, again or elsewhere
      let piece = Array(bytes[place..<min(bytes.count, place + Int.random(in: 1...40, using: &random))])
      let target = Int.random(in: 0..<bytes.count, using: &random)
      bytes.replaceSubrange(target..<min(bytes.count, target + Int.random(in: 0...40, using: &random)), with: piece)
    default:  // a number at the edge of what is possible
      let edges: [UInt64] = [0, 1, 1 << 31, 1 << 32, 1 << 60, 1 << 62, 1 << 63, .max, .max - 7, UInt64(bytes.count)]
      let number = edges.randomElement(using: &random) ?? 0
      let width = min(Bool.random(using: &random) ? 8 : 4, bytes.count - place)
      for index in 0..<width { bytes[place + index] = UInt8(truncatingIfNeeded: number >> (8 * index)) }
    }
  }
}
