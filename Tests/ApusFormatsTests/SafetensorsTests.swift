// Safetensors in and out: round trip, every refusal, folders of shards.

import ApusCore
import ApusFormats
import ApusTestSupport
import Foundation
import Testing

@Suite final class SafetensorsTests {
  private let folder: String

  init() throws { folder = try FileSystem.makeTemporaryFolder(prefix: "apus-formats") }

  deinit { try? FileSystem.remove(folder) }

  private func path(_ name: String) -> String { FileSystem.join(folder, name) }

  /// A file from a header's text and its data.
  private func file(_ header: String, data: Int = 0, length: UInt64? = nil) throws -> String {
    let text = Array(header.utf8)
    let count = length ?? UInt64(text.count)
    let bytes = withUnsafeBytes(of: count.littleEndian) { Array($0) } + text + [UInt8](repeating: 7, count: data)
    try AtomicFile.write(bytes, to: path("x.safetensors"))
    return path("x.safetensors")
  }

  @Test func whatIsWrittenIsRead() throws {
    let tensors = [
      TensorDescription(name: "b", type: .uint8, shape: [3]),
      TensorDescription(name: "\u{E0}", type: .float32, shape: [2, 3]),
      TensorDescription(name: "a\u{300}", type: .float32, shape: []),
      TensorDescription(name: "empty", type: .bfloat16, shape: [0, 4]),
      TensorDescription(name: "long", type: .int64, shape: [1]),
      TensorDescription(name: "four", type: .float4, shape: [2, 5]),
    ]
    func content(_ tensor: TensorDescription) -> [UInt8] {
      let count = tensor.type.byteCount(shape: tensor.shape) ?? -1
      return (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ tensor.name.utf8.count) }
    }
    var written: [[UInt8]] = []
    for order in [tensors, tensors.reversed()] {
      try SafetensorsWriter.write(to: path("m"), metadata: ["format": "pt", "a": "ü"], tensors: order) {
        tensor, sink throws(ApusError) in
        // In two pieces, as a stream would come.
        let bytes = content(tensor)
        let half = bytes.count / 2
        for piece in [Array(bytes[..<half]), Array(bytes[half...])] { try piece.withUnsafeBytes(sending: sink) }
      }
      written.append(try FileSystem.readAll(path("m")))
    }
    #expect(written[0] == written[1])
    let file = try SafetensorsFile(path("m"))
    #expect(file.tensors.count == tensors.count)
    #expect(file.metadata.map(\.key) == ["a", "format"])
    for tensor in tensors {
      let entry = try #require(file.tensor(tensor.name))
      #expect(entry.description == tensor)
      #expect(file.withBytes(of: entry) { Array($0) } == content(tensor))
      #expect(entry.byteRange.lowerBound % tensor.type.bytesPerBlock == 0)
    }
    #expect(file.tensor("absent") == nil)
  }

  @Test func aWriterThatWritesTooLittleLeavesTheOldFile() throws {
    try AtomicFile.write("old", to: path("m"))
    let error = #expect(throws: ApusError.self) {
      try SafetensorsWriter.write(to: path("m"), tensors: [.init(name: "a", type: .float32, shape: [2])]) { _, _ in }
    }
    #expect(error?.kind == .fault)
    #expect(try FileSystem.readAll(path("m")) == Array("old".utf8))
    #expect(try FileSystem.list(folder) == ["m"])
  }

  @Test(arguments: [
    #"{"a":{"dtype":"F32","shape":[4],"data_offsets":[4,20]}}"#,  // hole
    #"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,16]}}"#,  // size
    #"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"b":{"dtype":"U8","shape":[8],"data_offsets":[12,20]}}"#,
    #"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#,  // wraps to 0
    #"{"a":{"dtype":"F32","shape":[-5],"data_offsets":[0,20]}}"#,
    #"{"a":{"dtype":"F32","shape":[5.0],"data_offsets":[0,20]}}"#,
    #"{"a":{"dtype":"F33","shape":[5],"data_offsets":[0,20]}}"#,
    #"{"a":{"dtype":"F32","shape":[5],"data_offsets":[20,0]}}"#,
    #"{"a":{"dtype":"F32","shape":[6],"data_offsets":[0,24]}}"#,  // beyond the file
    #"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#,  // bytes left over
    #"{"a":{"dtype":"F32","shape":[5],"data_offsets":[0,20]},"a":{"dtype":"F32","shape":[5],"data_offsets":[0,20]}}"#,
    #"{"a":{"dtype":"F32","shape":[5],"data_offsets":[0,20]},"__metadata__":{"x":1}}"#,
    #"{"a":{"dtype":"F4","shape":[41],"data_offsets":[0,20]}}"#,  // ends inside a byte
    #"[1]"#, #"{"a":null}"#, "", "{", #"{"a":{"shape":[5],"data_offsets":[0,20]}}"#,
  ])
  func refusesAHeaderThatLies(header: String) throws {
    let error = #expect(throws: ApusError.self) { try SafetensorsFile(try file(header, data: 20)) }
    #expect(error?.kind == .badData)
    #expect(error?.file == path("x.safetensors"))
  }

  @Test(arguments: [0, 1, 100_000_001, 1 << 60, UInt64.max])
  func refusesALengthThatLies(length: UInt64) throws {
    #expect(throws: ApusError.self) { try SafetensorsFile(try file("{}", data: 4, length: length)) }
  }

  @Test func aMissingFileAndAFolderAreSaidToBeSo() throws {
    #expect(throws: ApusError.self) { try SafetensorsFile(path("none")) }
    #expect((#expect(throws: ApusError.self) { try SafetensorsFile(folder) })?.kind == .missingInput)
    #expect((#expect(throws: ApusError.self) { try SafetensorsFolder(folder) })?.kind == .missingInput)
  }

  @Test func anIndexJoinsItsShards() throws {
    for (name, tensor) in [("1", "x"), ("2", "y")] {
      try SafetensorsWriter.write(
        to: path("model-\(name).safetensors"), tensors: [.init(name: tensor, type: .uint8, shape: [1])]
      ) { tensor, sink throws(ApusError) in try Array(tensor.name.utf8).withUnsafeBytes(sending: sink) }
    }
    func write(_ map: JSON) throws {
      let index: JSON = ["weight_map": map]
      try AtomicFile.write(index.serialized(), to: path(SafetensorsFolder.indexName))
    }
    try write(["x": "model-1.safetensors", "y": "model-2.safetensors"])
    let checkpoint = try SafetensorsFolder(folder)
    #expect(checkpoint.tensors.map(\.name) == ["x", "y"])
    let found = try #require(checkpoint.tensor("y"))
    #expect(found.file.withBytes(of: found.entry) { Array($0) } == Array("y".utf8))

    for wrong: JSON in [
      ["x": "model-2.safetensors"], ["x": "../model-1.safetensors"], ["x": 1], ["z": "model-9.safetensors"], [:],
    ] as [JSON] {
      try write(wrong)
      #expect(throws: ApusError.self) { try SafetensorsFolder(folder) }
    }
  }
}

@Suite struct SafetensorsFixtureTests {
  @Test func malformedFilesAreJudgedAsTheirListSays() throws {
    judge(try malformedFiles(".safetensors")) { _ = try SafetensorsFile($0) }
  }

  @Test func everyElementTypeIsRead() throws {
    guard let folder = Fixtures.folder("conformance/gguf", for: "safetensors types") else { return }
    let (weights, list) = (
      folder.appending(path: "dtypes.safetensors").path, folder.appending(path: "dtypes.json").path
    )
    guard FileSystem.exists(weights), FileSystem.exists(list) else { return print("safetensors types: skipped") }
    let file = try SafetensorsFile(weights)
    let described = try #require(try JSON.read(list)["tensors"]?.object)
    for (name, value) in described {
      let tensor = try #require(file.tensor(name), "\(name)")
      #expect(tensor.shape == value["shape"]?.array?.compactMap(\.int))
      guard tensor.type == .float32, let values = value["values"]?.array else { continue }
      let numbers = file.withBytes(of: tensor) { bytes in
        (0..<tensor.count).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
      }
      #expect(numbers == values.compactMap { $0.double.map { Float($0) } })
    }
    #expect(file.tensors.count == described.count)
    print("safetensors types: \(described.count) tensors")
  }

  @Test func checkpointFoldersOpen() throws {
    guard let models = Fixtures.folder("conformance/models", for: "checkpoint folders") else { return }
    var (folders, tensors) = (0, 0)
    for name in try FileSystem.list(models.path) {
      let folder = FileSystem.join(models.path, name)
      guard FileSystem.isFolder(folder), try FileSystem.list(folder).contains(where: { $0.hasPrefix("model") }) else {
        continue
      }
      folders += 1
      tensors += try SafetensorsFolder(folder).tensors.count
    }
    print("checkpoint folders: \(folders) folders, \(tensors) tensors")
  }
}
