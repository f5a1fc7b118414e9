// GGUF in and out: round trip, every refusal, split models.

import ApusCore
import ApusFormats
import ApusTestSupport
import Foundation
import Testing

@Suite final class GGUFTests {
  private let folder: String

  init() throws { folder = try FileSystem.makeTemporaryFolder(prefix: "apus-gguf") }

  deinit { try? FileSystem.remove(folder) }

  private func path(_ name: String) -> String { FileSystem.join(folder, name) }

  /// A file whose tensors' bytes are counted up, from their number in the file.
  private func write(_ name: String, _ metadata: GGUFMetadata, _ tensors: [TensorDescription]) throws {
    try GGUFWriter.write(to: path(name), metadata: metadata, tensors: tensors) { tensor, sink throws(ApusError) in
      // In two pieces, as a stream would come.
      let bytes = Self.content(tensor)
      let half = bytes.count / 2
      for piece in [Array(bytes[..<half]), Array(bytes[half...])] { try piece.withUnsafeBytes(sending: sink) }
    }
  }

  private static func content(_ tensor: TensorDescription) -> [UInt8] {
    (0..<(tensor.type.byteCount(shape: tensor.shape) ?? 0)).map {
      UInt8(truncatingIfNeeded: $0 &* 7 &+ tensor.name.utf8.count)
    }
  }

  private static let everyValue: [(String, GGUFValue)] = [
    ("general.architecture", .text("llama")), ("u8", .uint8(.max)), ("i8", .int8(.min)), ("u16", .uint16(.max)),
    ("i16", .int16(.min)), ("u32", .uint32(.max)), ("i32", .int32(.min)), ("u64", .uint64(.max)),
    ("i64", .int64(.min)), ("f32", .float32(0.1)), ("f64", .float64(0.1)), ("yes", .bool(true)), ("no", .bool(false)),
    ("bytes", .string([0xFF, 0])), ("empty", .text("")), ("texts", .array(GGUFArray(texts: ["a", "", "\u{E0}"]))),
    ("floats", .array(GGUFArray([Float(0.5), -1.5]))), ("ints", .array(GGUFArray([Int32.min, 7]))),
    ("bools", .array(GGUFArray([true, false]))), ("none", .array(GGUFArray([Float]()))),
    // Alike to Swift's strings, and two keys.
    ("\u{E0}", .uint8(1)), ("a\u{300}", .uint8(2)),
  ]

  private func everyValue(alignment: UInt32?) -> GGUFMetadata {
    var metadata = GGUFMetadata()
    for (key, value) in Self.everyValue { metadata[key] = value }
    if let alignment { metadata["general.alignment"] = .uint32(alignment) }
    return metadata
  }

  @Test(arguments: [nil, 1, 8, 64, 4096] as [UInt32?]) func whatIsWrittenIsRead(alignment: UInt32?) throws {
    let tensors: [TensorDescription] = [
      .init(name: "b", type: .int8, shape: [3]), .init(name: "\u{E0}", type: .float32, shape: [2, 3]),
      .init(name: "a\u{300}", type: .q4K, shape: [2, 512]), .init(name: "one", type: .float64, shape: []),
      .init(name: "four", type: .q8v0, shape: [2, 1, 3, 64]), .init(name: "empty", type: .bfloat16, shape: [0, 4]),
      .init(name: "last", type: .int8, shape: [1]),
    ]
    try write("m.gguf", everyValue(alignment: alignment), tensors)
    let file = try GGUFFile(path("m.gguf"))
    #expect(file.version == 3)
    #expect(file.alignment == Int(alignment ?? 32))
    #expect(file.tensors.map(\.description) == tensors)
    for tensor in tensors {
      let entry = try #require(file.tensor(tensor.name))
      #expect(entry.description == tensor)
      #expect(entry.count == tensor.shape.reduce(1, *))
      #expect(entry.byteRange.lowerBound % file.alignment == 0)
      #expect(file.withBytes(of: entry) { Array($0) } == Self.content(tensor))
    }
    // Again, from what was read: the same bytes.
    try write("again.gguf", file.metadata, file.tensors.map(\.description))
    #expect(try FileSystem.readAll(path("again.gguf")) == FileSystem.readAll(path("m.gguf")))
  }

  @Test func valuesComeBackAsTheyWere() throws {
    try write("m.gguf", everyValue(alignment: nil), [])
    let metadata = try GGUFFile(path("m.gguf")).metadata
    #expect(metadata.entries.map { Array($0.key.utf8) } == Self.everyValue.map { Array($0.0.utf8) })
    #expect(metadata.entries.map(\.value.type) == Self.everyValue.map(\.1.type))
    #expect(try metadata.string("general.architecture") == "llama")
    #expect(
      try ["u8", "i8", "u16", "i16", "u32", "i32", "i64"].map { try metadata.int($0) }
        == [255, -128, 65535, -32768, 4_294_967_295, -2_147_483_648, Int.min])
    #expect(try metadata.double("f64") == 0.1)
    #expect(try metadata.double("f32") == Double(Float(0.1)))
    #expect(try metadata.double("i16") == -32768)
    #expect(try metadata.bool("yes") == true)
    #expect(try metadata.bool("no") == false)
    #expect(try metadata.string("empty") == "")
    #expect(try metadata.strings("texts")?.strings == [Array("a".utf8), [], Array("\u{E0}".utf8)])
    #expect(try metadata.strings("texts")?.string(at: 2) == Array("\u{E0}".utf8))
    #expect(try metadata.doubles("floats") == [0.5, -1.5])
    #expect(try metadata.ints("ints") == [Int(Int32.min), 7])
    #expect(try metadata.bools("bools") == [true, false])
    #expect(try metadata.doubles("none") == [])
    #expect(try metadata.int("\u{E0}") == 1 && metadata.int("a\u{300}") == 2)
    #expect(try metadata.int("absent") == nil)
  }

  @Test func aValueOfAnotherTypeIsSaid() throws {
    try write("m.gguf", everyValue(alignment: nil), [])
    let metadata = try GGUFFile(path("m.gguf")).metadata
    let errors: [ApusError?] = [
      #expect(throws: ApusError.self) { try metadata.int("u64") },
      #expect(throws: ApusError.self) { try metadata.int("f32") },
      #expect(throws: ApusError.self) { try metadata.string("u8") },
      #expect(throws: ApusError.self) { try metadata.string("bytes") },
      #expect(throws: ApusError.self) { try metadata.bool("u8") },
      #expect(throws: ApusError.self) { try metadata.strings("floats") },
      #expect(throws: ApusError.self) { try metadata.ints("texts") },
      #expect(throws: ApusError.self) { try metadata.doubles("bools") },
      #expect(throws: ApusError.self) { try metadata.required("absent", metadata.int("absent")) },
    ]
    for error in errors {
      #expect(error?.kind == .badData && error?.file == path("m.gguf") && error?.place != nil)
    }
    #expect(errors[0]?.problem.contains("uint64 18446744073709551615 where") == true, "\(errors[0]?.problem ?? "")")
    #expect(errors[2]?.problem.contains("uint8 255 where") == true, "\(errors[2]?.problem ?? "")")
  }

  @Test func whatDoesNotFitIsNotWritten() throws {
    let long = String(repeating: "n", count: 64)
    for tensor: TensorDescription in [
      .init(name: "a", type: .bool, shape: [1]), .init(name: "a", type: .q8v0, shape: [33]),
      .init(name: "a", type: .float32, shape: [1, 1, 1, 1, 1]), .init(name: long, type: .float32, shape: [1]),
      .init(name: "", type: .float32, shape: [1]),
    ] {
      #expect(throws: ApusError.self) { try write("m.gguf", GGUFMetadata(), [tensor]) }
    }
    var crooked = GGUFMetadata()
    crooked["general.alignment"] = .uint32(24)
    #expect(throws: ApusError.self) { try write("m.gguf", crooked, []) }
    #expect(throws: ApusError.self) {
      try SafetensorsWriter.write(to: path("m"), tensors: [.init(name: "a", type: .q8v0, shape: [32])]) { _, _ in }
    }
    #expect(try FileSystem.list(folder) == [])
  }

  @Test func aSplitModelIsJoined() throws {
    let names = ["a", "b", "c"]
    func part(_ number: Int, of count: Int, total: Int = 3, file: String? = nil, tensor: String? = nil) throws {
      var metadata = GGUFMetadata()
      if number == 0 { metadata["general.architecture"] = .text("llama") }
      metadata["split.no"] = .uint16(UInt16(number))
      metadata["split.count"] = .uint16(UInt16(count))
      metadata["split.tensors.count"] = .int32(Int32(total))
      try write(
        file ?? "m-0000\(number + 1)-of-0000\(count).gguf", metadata,
        [.init(name: tensor ?? names[number], type: .int8, shape: [number + 1])])
    }
    for number in 0..<3 { try part(number, of: 3) }
    for number in 1...3 {
      let checkpoint = try GGUFCheckpoint(path("m-0000\(number)-of-00003.gguf"))
      #expect(checkpoint.tensors.map(\.name) == names)
      #expect(try checkpoint.metadata.string("general.architecture") == "llama")
      #expect(checkpoint.tensor("c")?.entry.shape == [3])
      #expect(checkpoint.tensor("d") == nil)
    }
    let first = path("m-00001-of-00003.gguf")
    func refused() -> ApusError? { #expect(throws: ApusError.self) { try GGUFCheckpoint(first) } }
    try part(2, of: 3, file: "m-00002-of-00003.gguf")
    #expect(refused()?.file == path("m-00002-of-00003.gguf"))
    try part(1, of: 3, tensor: "a")
    #expect(refused()?.place == "tensor `a`")
    try part(1, of: 3)
    try part(0, of: 3, total: 4)
    #expect(refused()?.place == "metadata `split.tensors.count`")
    try part(0, of: 3)
    try FileSystem.removeFile(path("m-00002-of-00003.gguf"))
    #expect(refused()?.kind == .missingInput)
    try part(0, of: 3, file: "renamed.gguf")
    #expect(throws: ApusError.self) { try GGUFCheckpoint(path("renamed.gguf")) }
  }
}
