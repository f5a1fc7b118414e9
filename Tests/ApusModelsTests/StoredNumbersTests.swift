// Numbers as files of others store them: the float32 values of gguf-py and PyTorch, bit for bit, and gguf-py's bytes.

import ApusCore
import ApusFormats
import ApusTensor
import ApusTestSupport
import Foundation
import Testing

@Suite struct StoredNumbersTests {
  @Test func namesAndSizesAreThoseOfTheFormats() {
    for numbers in StoredNumbers.allCases {
      let type = ElementType(rawValue: numbers.rawValue)
      #expect(type?.blockLength == numbers.blockLength && type?.bytesPerBlock == numbers.bytesPerBlock, "\(numbers)")
    }
  }

  @Test func blocksAreUnpackedExactly() throws {
    guard let folder = Fixtures.folder("conformance/gguf", for: "block types") else { return }
    let expected = try SafetensorsFile(folder.appending(path: "expected.safetensors").path)
    var (exact, named) = (0, [String]())
    for name in ["types.gguf", "real_blocks.gguf"] {
      let path = folder.appending(path: name).path
      guard FileSystem.exists(path) else { continue }
      let file = try GGUFFile(path)
      for tensor in file.tensors {
        guard let wanted = try expected.floats(tensor.name) else { continue }
        guard let numbers = StoredNumbers(rawValue: tensor.type.rawValue) else {
          named.append(tensor.type.rawValue)
          continue
        }
        for kernels in Kernels.available {
          let values = file.withBytes(of: tensor) { kernels.floats(numbers, in: $0) }
          #expect(values.count == wanted.count)
          #expect(zip(values, wanted).allSatisfy { $0.bitPattern == $1.bitPattern }, "\(tensor.name) \(kernels.name)")
        }
        exact += 1
      }
    }
    print("block types: \(exact) tensors exact, \(named.count) of types that are only named: \(named)")
  }

  @Test func simpleTypesAreWrittenWithTheBytesOfTheReference() throws {
    guard let folder = Fixtures.folder("conformance/gguf", for: "quantisers") else { return }
    let (file, sources) = (
      try GGUFFile(folder.appending(path: "types.gguf").path),
      try SafetensorsFile(folder.appending(path: "expected.safetensors").path)
    )
    let kernels = try Kernels.select()
    var written: [String] = []
    for numbers in StoredNumbers.allCases where numbers.canBeWritten {
      guard let source = try sources.floats("src.\(numbers.rawValue)"),
        let tensor = file.tensor("t.\(numbers.rawValue)")
      else { continue }
      let bytes = source.withUnsafeBufferPointer { kernels.bytes($0, as: numbers) }
      #expect(bytes == file.withBytes(of: tensor) { Array($0) }, "\(numbers)")
      written.append(numbers.rawValue)
    }
    print("quantisers: \(written)")
  }

  @Test func plainNumbersOfSafetensorsAreUnpackedExactly() throws {
    guard let folder = Fixtures.folder("conformance/gguf", for: "safetensors numbers") else { return }
    let file = try SafetensorsFile(folder.appending(path: "dtypes.safetensors").path)
    let described = try #require(JSON.read(folder.appending(path: "dtypes.json").path)["tensors"]?.object)
    let kernels = try Kernels.select()
    var exact = 0
    for (name, value) in described {
      let tensor = try #require(file.tensor(name), "\(name)")
      guard let numbers = StoredNumbers(rawValue: tensor.type.rawValue), let list = value["values"]?.array else {
        continue
      }
      let values = file.withBytes(of: tensor) { kernels.floats(numbers, in: $0) }
      #expect(values.count == list.count)
      for (value, wanted) in zip(values, list) {
        #expect(Self.agree(value, wanted), "\(name): \(value), \(wanted.text())")
      }
      exact += 1
    }
    print("safetensors numbers: \(exact) tensors exact")
  }

  // JSON has no NaN and no infinities: they stand as texts or null.
  private static func agree(_ value: Float, _ wanted: JSON) -> Bool {
    if let number = wanted.double { return value == Float(number) }
    return switch wanted.string?.lowercased() {
    case "inf", "infinity": value == .infinity
    case "-inf", "-infinity": value == -.infinity
    default: value.isNaN
    }
  }
}
