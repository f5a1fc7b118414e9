import ApusCore
import ApusFormats
import Testing
@Suite struct Tmp {
  @Test func real() throws {
    for path in ["/work/peers/models/gemma3-270m-q4_k_m.gguf", "/work/peers/models/smollm2-135m-instruct-q4_1.gguf"] {
      for _ in 0..<5 {
        let begin = Clock.nanoseconds()
        let file = try GGUFFile(path)
        let end = Clock.nanoseconds()
        print("TMP", path, file.tensors.count, file.metadata.entries.count, try file.metadata.strings("tokenizer.ggml.tokens")?.count ?? 0, (end - begin) / 1000, "µs")
      }
    }
  }
}
