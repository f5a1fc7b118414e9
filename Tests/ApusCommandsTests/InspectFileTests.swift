// inspect on models in files: both formats say the same, nothing but headers is read, and what is damaged is refused.

import ApusCore
import ApusFormats
import ApusTestSupport
import Foundation
import Testing

@testable import ApusCommands

@Suite struct InspectFileTests {
  let model: TinyModel

  init() throws {
    model = try TinyModel(isByteLevel: true)
  }

  private func inspect(_ arguments: String...) async throws -> JSON {
    let outcome = await apus(["inspect"] + arguments + ["--format", "json"])
    #expect(outcome.status == 0, "\(outcome.error)")
    return try JSON.parse(outcome.output)
  }

  @Test func aGGUFFileSaysWhatItsFolderSays() async throws {
    let output = try FileSystem.makeTemporaryFolder()
    defer { try? FileSystem.remove(output) }
    let file = output + "/tiny.gguf"
    #expect(await apus("convert", model.folder, file, "--type", "f16").status == 0)
    let (folder, gguf) = (try await inspect(model.folder), try await inspect(file, "--context", "100"))
    for key in ["architecture", "layers", "width", "context", "vocabulary", "parameters", "tokenizer_vocabulary"] {
      #expect(folder[key] == gguf[key] && folder[key]?.isNull == false, "\(key)")
    }
    #expect(folder["format"]?.string == "safetensors" && gguf["format"]?.string == "gguf")
    #expect(folder["types"] == ["F32"] && gguf["types"] == ["F16", "F32"])
    let vectors = gguf["stored"]?.array?.first { $0["type"]?.string == "F32" }
    #expect(vectors?["tensors"]?.int == 5 && vectors?["values"]?.int == 5 * 16 && vectors?["bytes"]?.int == 5 * 64)
    // Two pages of 64 positions, in 2 layers of 2 heads with 8 features, keys and values.
    let cache = 128 * 2 * 2 * 8 * 2 * 4
    #expect(gguf["memory_bytes"]?.int == (gguf["file_bytes"]?.int ?? 0) + cache)
    let text = await apus("inspect", file)
    #expect(text.output.contains("<|endoftext|> (0): ends texts"), "\(text.output)")
  }

  @Test func theChatTemplateIsShortForPeopleAndWholeForPrograms() async throws {
    let template = "{% for message in messages %}\n\u{1B}[31m{{ message.content }}{% endfor %}"
    try AtomicFile.write(template, to: model.folder + "/chat_template.jinja")
    #expect(try await inspect(model.folder)["chat_template"]?.string == template)
    let text = await apus("inspect", model.folder)
    #expect(text.output.contains("chat template  {% for message in messages %}·") && !text.output.contains("\u{1B}"))
    #expect(text.output.contains("… (\(template.utf8.count) bytes)"))
  }

  @Test func weightsAreReadOnRequestAlone() async throws {
    let weights = model.bare + "/model.safetensors"
    var bytes = try FileSystem.readAll(weights)
    bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: [0, 0, 0xC0, 0x7F])
    try AtomicFile.write(bytes, to: weights)
    #expect(try await inspect(model.bare)["non_finite_weights"]?.isNull == true)
    #expect(try await inspect(model.bare, "--check")["non_finite_weights"]?.int == 1)
  }

  @Test func tensorsAndVocabulariesMayStandAlone() async throws {
    let (tensors, vocabulary) = (model.folder + "/alone/x.safetensors", model.folder + "/vocabulary.gguf")
    try FileSystem.makeFolders(model.folder + "/alone")
    try AtomicFile.write(try FileSystem.readAll(model.bare + "/model.safetensors"), to: tensors)
    let json = try await inspect(tensors, "--tensors")
    #expect(json["kind"]?.string == "tensors" && json["tensors"]?.array?.isEmpty == false)
    var metadata = GGUFMetadata()
    metadata["tokenizer.ggml.model"] = .string(Array("gpt2".utf8))
    metadata["tokenizer.ggml.pre"] = .string(Array("gpt-2".utf8))
    metadata["tokenizer.ggml.tokens"] = .array(GGUFArray(texts: ["a", "b", "ab"]))
    metadata["tokenizer.ggml.merges"] = .array(GGUFArray(texts: ["a b"]))
    try GGUFWriter.write(to: vocabulary, metadata: metadata, tensors: []) { _, _ throws(ApusError) in }
    let alone = try await inspect(vocabulary)
    #expect(alone["kind"]?.string == "tokenizer" && alone["vocabulary"]?.int == 3)
  }

  @Test func damageIsRefusedWithTheFile() async throws {
    let output = try FileSystem.makeTemporaryFolder()
    defer { try? FileSystem.remove(output) }
    let file = output + "/tiny.gguf"
    #expect(await apus("convert", model.folder, file).status == 0)
    let bytes = try FileSystem.readAll(file)
    for count in [0, 3, 30, 200, bytes.count / 2, bytes.count - 1] {
      try AtomicFile.write(Array(bytes.prefix(count)), to: file)
      let outcome = await apus("inspect", file)
      #expect(outcome.status == 65 && outcome.output.isEmpty && outcome.error.contains("tiny.gguf"), "\(count)")
    }
    let config = model.bare + "/config.json"
    let text = String(decoding: try FileSystem.readAll(config), as: UTF8.self)
    try AtomicFile.write(text.replacingOccurrences(of: "\"hidden_size\": 16", with: "\"hidden_size\": 32"), to: config)
    let outcome = await apus("inspect", model.bare)
    #expect(outcome.status == 65 && outcome.error.contains("not as the configuration says"), "\(outcome.error)")
    #expect(await apus("inspect", model.folder, "--context", "129").status == 64)
  }
}

/// Files of more than 10 GB that have a header and nothing else: a hole takes no room on the disk.
@Suite struct InspectLargeFileTests {
  // LLaMA 2 7B's shape, float32 in a file of 27 GB.
  static let shapes: [(hugging: String, gguf: String, shape: [Int])] = {
    var shapes = [
      ("model.embed_tokens.weight", "token_embd.weight", [32_000, 4096]),
      ("model.norm.weight", "output_norm.weight", [4096]),
      ("lm_head.weight", "output.weight", [32_000, 4096]),
    ]
    for layer in 0..<32 {
      let parts = [
        ("self_attn.q_proj", "attn_q", [4096, 4096]), ("self_attn.k_proj", "attn_k", [4096, 4096]),
        ("self_attn.v_proj", "attn_v", [4096, 4096]), ("self_attn.o_proj", "attn_output", [4096, 4096]),
        ("mlp.gate_proj", "ffn_gate", [11_008, 4096]), ("mlp.up_proj", "ffn_up", [11_008, 4096]),
        ("mlp.down_proj", "ffn_down", [4096, 11_008]), ("input_layernorm", "attn_norm", [4096]),
        ("post_attention_layernorm", "ffn_norm", [4096]),
      ]
      shapes += parts.map { ("model.layers.\(layer).\($0).weight", "blk.\(layer).\($1).weight", $2) }
    }
    return shapes
  }()

  private func inspectsWithoutReading(_ path: String, weights: String) async throws {
    let outcome = await apus("inspect", path, "--format", "json")
    let json = try JSON.parse(outcome.output)
    #expect(json["parameters"]?.int == 6_738_415_616, "\(outcome.error)")
    #expect(json["file_bytes"]?.int == 4 * 6_738_415_616)
    // What was read has pages in the system's cache, even of a hole.
    #expect(try residentBytes(of: weights) < 64 << 20)
  }

  private func residentBytes(of path: String) throws -> Int {
    let file = try MappedFile(path)
    return try file.withBytes { bytes in
      var pages = [UInt8](repeating: 0, count: bytes.count / Int(getpagesize()) + 1)
      try #require(mincore(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count, &pages) == 0)
      return pages.count { $0 & 1 == 1 } * Int(getpagesize())
    }
  }

  /// Writes a header and a hole of as many bytes as the tensors have.
  private func write(_ header: [UInt8], to path: String) throws {
    try AtomicFile.write(header, to: path)
    let file = try FileHandle(forWritingTo: URL(filePath: path))
    try file.truncate(atOffset: UInt64(header.count + 4 * 6_738_415_616))
    try file.close()
  }

  @Test func safetensors() async throws {
    let folder = try FileSystem.makeTemporaryFolder()
    defer { try? FileSystem.remove(folder) }
    var header = JSON.Object()
    var end = 0
    for (name, _, shape) in Self.shapes {
      let size = 4 * shape.reduce(1, *)
      header[name] = ["dtype": "F32", "shape": JSON(shape), "data_offsets": JSON([end, end + size])]
      end += size
    }
    let json = JSON.object(header).serialized()
    let length = withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) }
    try write(length + json, to: folder + "/model.safetensors")
    try AtomicFile.write(
      """
      {"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
       "intermediate_size": 11008, "vocab_size": 32000, "max_position_embeddings": 4096}
      """, to: folder + "/config.json")
    try await inspectsWithoutReading(folder, weights: folder + "/model.safetensors")
  }

  @Test func gguf() async throws {
    let folder = try FileSystem.makeTemporaryFolder()
    defer { try? FileSystem.remove(folder) }
    var header = Array("GGUF".utf8)
    func append(_ value: some FixedWidthInteger) {
      withUnsafeBytes(of: value.littleEndian) { header.append(contentsOf: $0) }
    }
    func append(_ text: String) {
      append(UInt64(text.utf8.count))
      header += Array(text.utf8)
    }
    let counts = [
      ("block_count", 32), ("context_length", 4096), ("embedding_length", 4096), ("feed_forward_length", 11_008),
      ("attention.head_count", 32),
    ]
    append(UInt32(3))
    append(UInt64(Self.shapes.count))
    append(UInt64(counts.count + 1))
    append("general.architecture")
    append(UInt32(8))
    append("llama")
    for (key, value) in counts {
      append("llama.\(key)")
      append(UInt32(4))
      append(UInt32(value))
    }
    var end = 0
    for (_, name, shape) in Self.shapes {
      append(name)
      append(UInt32(shape.count))
      for dimension in shape.reversed() { append(UInt64(dimension)) }
      append(UInt32(0))
      append(UInt64(end))
      end += 4 * shape.reduce(1, *)
    }
    header += [UInt8](repeating: 0, count: (32 - header.count % 32) % 32)
    try write(header, to: folder + "/large.gguf")
    try await inspectsWithoutReading(folder + "/large.gguf", weights: folder + "/large.gguf")
  }
}

@Suite struct InspectFixtureTests {
  /// Every model of the fixtures is described, and its files hold at least the parameters that it is said to have.
  @Test func modelsOfTheFixtures() async throws {
    guard let folder = Fixtures.folder("conformance/models", for: "inspect") else { return }
    var done = 0
    for name in try FileSystem.list(folder.path).sorted() {
      let path = folder.appending(path: name).path
      guard FileSystem.isFile(path + "/config.json") else { continue }
      let outcome = await apus("inspect", path, "--format", "json")
      let config = try JSON.read(path + "/config.json")
      if config["model_type"]?.string == "deepseek_v3" {
        #expect(outcome.status == 65)
        continue
      }
      let json = try? JSON.parse(outcome.output)
      #expect(outcome.status == 0 && json?["architecture"] == config["model_type"], "\(name): \(outcome.error)")
      let values = (json?["stored"]?.array ?? []).reduce(0) { $0 + ($1["values"]?.int ?? 0) }
      #expect((1...max(1, values)).contains(json?["parameters"]?.int ?? 0), "\(name)")
      done += 1
    }
    print("inspect: \(done) models of the fixtures")
  }

  @Test func malformedFilesAreRefused() async throws {
    guard let folder = Fixtures.folder("conformance/gguf", for: "inspect malformed") else { return }
    let list = folder.appending(path: "malformed.json").path
    guard FileSystem.isFile(list) else { return }
    let files = (try JSON.read(list)["files"]?.array ?? []).filter { $0["must_reject"]?.bool == true }
    for file in files.compactMap({ $0["file"]?.string }) {
      let outcome = await apus("inspect", folder.appending(path: file).path)
      #expect(outcome.status == 65 && outcome.output.isEmpty, "\(file): \(outcome.error)")
    }
    print("inspect: \(files.count) malformed files of the fixtures")
  }
}
