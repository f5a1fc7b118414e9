// Whatever the values of a configuration or of GGUF metadata, they are a model or an error that names the file: every
// key of every architecture is given every value at the edge of what is possible, alone and several at a time. A trap
// ends the tests; what would take for ever to read exceeds the time.

import ApusCore
import ApusFormats
import Testing

@testable import ApusModels

@Suite struct HostileConfigurationTests {
  private static let numbers: [JSON] = [
    0, -1, 1, 2, 3, 1_000_000_000_000, .int(1 << 31), .int(1 << 62), .int(.min), .int(.max), 0.5, 1e-300, 1e300, -1e300,
  ]
  private static let others: [JSON] = [
    "8", "", true, .null, [], [1], [-1, "a"], [.int(.max)], [:], ["rope_type": "yarn", "factor": 1e300],
  ]

  /// What is refused is refused as bad data of this file.
  private func read(_ config: JSON.Object) throws -> Bool {
    do {
      let (_, specification) = try CheckpointFolder.configuration(.object(config), file: "config.json")
      return specification.layers <= 64 ? specification.parameterCount > 0 : true
    } catch {
      #expect(error.kind == .badData && error.file == "config.json", "\(error)")
      return false
    }
  }

  private func usual(_ architecture: any Architecture) throws -> Specification {
    var specification = try architecture.specification(from: JSON.Reader(JSON.Object(), file: nil))
    specification.layers = 2
    specification.attention.localLayers = specification.attention.localLayers?.filter { $0 < 2 }
    return specification
  }

  @Test(.timeLimit(.minutes(2)), arguments: Registry.architectures.map(\.modelType))
  func everyKeyTakesEveryValue(_ modelType: String) throws {
    let architecture = try Registry.architecture(named: modelType, file: nil)
    let good = architecture.configuration(of: try usual(architecture))
    #expect(try read(good))
    var (accepted, refused) = (0, 0)
    for key in good.keys where key != "model_type" {
      for value in Self.numbers + Self.others {
        var config = good
        config[key] = value
        // Without it the number of layers alone decides.
        if key == "num_hidden_layers" { config["layer_types"] = nil }
        if try read(config) { accepted += 1 } else { refused += 1 }
      }
    }
    #expect(accepted > 0 && refused > accepted / 4, "\(accepted) accepted, \(refused) refused")
  }

  @Test(.timeLimit(.minutes(2)), arguments: Registry.architectures.map(\.modelType))
  func everyPairOfMetadataTakesEveryValue(_ modelType: String) throws {
    let architecture = try Registry.architecture(named: modelType, file: nil)
    guard let dialect = architecture.gguf else { return }
    let specification = try usual(architecture)
    var good = GGUFMetadata(file: "m.gguf")
    good["general.architecture"] = .text(dialect.name)
    for (key, value) in GGUFSpecification.metadata(of: specification, dialect) { good[key] = value }
    let keys = good.entries.map(\.key).filter { $0 != "general.architecture" }
    var random = Philox(seed: 17).stream()
    var refused = 0
    for key in keys {
      for value in Self.metadataValues {
        var metadata = good
        metadata[key] = value
        if Bool.random(using: &random), let other = keys.randomElement(using: &random) {
          metadata[other] = Self.metadataValues.randomElement(using: &random) ?? nil
        }
        do {
          _ = try GGUFSpecification.read(metadata, factors: .init()) { name in
            name == "token_embd.weight" ? [specification.vocabulary, specification.width] : nil
          }
        } catch {
          #expect(error.kind == .badData && error.file == "m.gguf", "\(error)")
          refused += 1
        }
      }
    }
    #expect(refused > keys.count)
  }

  private static let metadataValues: [GGUFValue?] = [
    nil, .uint32(0), .uint32(1), .uint32(3), .uint32(.max), .int32(-1), .int64(.min), .int64(.max), .uint64(.max),
    .uint64(1 << 62), .float32(.nan), .float32(.infinity), .float64(1e300), .float64(-1), .bool(true), .text("yarn"),
    .string([0xFF]), .array(GGUFArray([Int32(-1)])), .array(GGUFArray(texts: [""])),
  ]

  @Test func tablesAndExpertsBeyondReasonAreRefusedBeforeTheyAreMade() throws {
    let sinusoids: JSON.Object = [
      "model_type": "gpt2", "position_embeddings": "sinusoidal", "n_positions": 1_048_576, "n_embd": 4096,
      "n_head": 1,
    ]
    let experts: JSON.Object = [
      "model_type": "mixtral", "num_hidden_layers": 4096, "num_local_experts": 16_384, "hidden_size": 2,
      "num_attention_heads": 1, "head_dim": 2, "num_key_value_heads": 1, "intermediate_size": 1, "vocab_size": 8,
    ]
    #expect(try !read(sinusoids) && !read(experts))
  }
}
