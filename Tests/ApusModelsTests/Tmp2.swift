import ApusCore
import ApusFormats
import ApusTensor
import Foundation
import Testing
@Suite struct Tmp2 {
  @Test func real() throws {
    let kernels = try Kernels.select()
    for name in ["gemma3-270m-q4_k_m.gguf", "smollm2-135m-instruct-q4_1.gguf"] {
      let file = try GGUFFile("/work/peers/models/" + name)
      for tensor in file.tensors {
        let numbers = try #require(StoredNumbers(rawValue: tensor.type.rawValue))
        let values = file.withBytes(of: tensor) { kernels.floats(numbers, in: $0) }
        print("SUM", tensor.name, tensor.type.rawValue, values.reduce(UInt64(0)) { $0 &* 31 &+ UInt64($1.bitPattern) })
      }
      try GGUFWriter.write(to: "/tmp/kb/" + name, metadata: file.metadata, tensors: file.tensors.map(\.description)) { tensor, sink throws(ApusError) in
        guard let entry = file.tensor(tensor.name) else { return }
        try sink(file.bytes(of: entry))
      }
    }
    let source = try MappedFile("/tmp/kb/src.f32")
    let floats = source.bytes.bindMemory(to: Float.self)
    for numbers in StoredNumbers.allCases where numbers.canBeWritten {
      let begin = Clock.nanoseconds()
      let bytes = try #require(kernels.bytes(floats, as: numbers))
      print("QUANT", numbers.rawValue, Double(floats.count) / Double(Clock.nanoseconds() - begin), "Gfloat/s")
      try AtomicFile.write(bytes, to: "/tmp/kb/out." + numbers.rawValue)
    }
  }
}
