// apus convert: a model between the Hugging Face layout and GGUF, with its tokenizer. The form that is read is
// recognised from the input, the form that is written from the name of the output.

import ApusCore
import ApusFormats
import ApusGeneration
import ApusModels
import ApusTokenizers
import ArgumentParser

/// `apus convert`.
struct Convert: Command {
  static let configuration = CommandConfiguration(
    abstract: "Convert a model between the Hugging Face layout and GGUF.",
    discussion: """
      A name that ends with .gguf becomes a GGUF file for llama.cpp; any other a folder with config.json, \
      model.safetensors and tokenizer.json for transformers. The same logits come out of both, but for rounding. \
      Matrices keep their 16 or 32 bits; blocks of fewer bits become float32, unless --type says otherwise. Tensor \
      after tensor is written, so memory is that of the input and the largest tensor.
      """)

  @Argument(help: "A model: a Hugging Face folder, a run folder or a .gguf file.")
  var input: String

  @Argument(help: "What to write: a .gguf file or a folder.")
  var output: String

  @Option(help: "How matrices are written: f32, f16, bf16; for GGUF q8_0 too.")
  var type: MatrixType?

  @Flag(help: "Replace what is there.")
  var overwrite = false

  @OptionGroup var common: CommonOptions

  /// The types that are offered.
  enum MatrixType: String, ExpressibleByArgument, CaseIterable {
    case f32, f16, bf16
    case q8 = "q8_0"

    var element: ElementType {
      switch self {
      case .f32: .float32
      case .f16: .float16
      case .bf16: .bfloat16
      case .q8: .q8v0
      }
    }
  }

  func run(_ console: Console) throws {
    let isGGUF = output.hasSuffix(".gguf")
    if type == .q8 && !isGGUF {
      throw ApusError(.usage, "safetensors have no q8_0", remedy: "write a .gguf file, or choose f32, f16 or bf16")
    }
    let location = try ModelLocation(input)
    try requireFree(location)
    let model = try location.loadModel()
    let tokenizer = try location.loadTokenizer()
    let template = try location.chatTemplate()
    if isGGUF {
      try writeGGUF(model, tokenizer, template, console)
    } else {
      try writeFolder(model, tokenizer, template)
    }
    console.note("\(Quantity.short(Double(model.parameterCount))) parameters written to \(output)")
  }

  private func requireFree(_ location: ModelLocation) throws(ApusError) {
    guard FileSystem.exists(output) else { return }
    let isInput = output == location.name || output == input
    guard overwrite, !isInput else {
      throw ApusError(
        .usage, isInput ? "the output is the input" : "the output is there already", file: output,
        remedy: isInput ? "choose another name" : "choose another name or give --overwrite")
    }
  }

  private func writeGGUF(
    _ model: Model, _ tokenizer: (any Tokenizer)?, _ template: String?, _ console: Console
  ) throws(ApusError) {
    var metadata = GGUFMetadata()
    metadata["general.name"] = .text(FileSystem.name(of: input))
    if let tokenizer {
      try vocabulary(of: tokenizer, size: model.specification.vocabulary).write(to: &metadata)
    } else {
      metadata["tokenizer.ggml.model"] = .text("no_vocab")
      console.note("warning: the model came without a tokenizer, so the file has none")
    }
    if let template { metadata["tokenizer.chat_template"] = .text(template) }
    let remarks = try model.save(gguf: output, as: type?.element, adding: metadata)
    for remark in remarks { console.note("warning: \(remark)") }
  }

  /// The tokenizer as GGUF has it, with as many tokens as the embedding has rows.
  private func vocabulary(of tokenizer: any Tokenizer, size: Int) throws(ApusError) -> GGUFVocabulary {
    guard let pipeline = tokenizer as? PipelineTokenizer else {
      throw ApusError(.badData, "GGUF has no name for this tokenizer", remedy: "write a folder instead")
    }
    var vocabulary = try pipeline.ggufVocabulary()
    for index in vocabulary.tokens.count..<max(size, vocabulary.tokens.count) {
      vocabulary.tokens.append("[PAD\(index)]".utf8)
      if !vocabulary.types.isEmpty { vocabulary.types.append(GGUFVocabulary.TokenType.unused.rawValue) }
      if !vocabulary.scores.isEmpty { vocabulary.scores.append(0) }
    }
    return vocabulary
  }

  private func writeFolder(
    _ model: Model, _ tokenizer: (any Tokenizer)?, _ template: String?
  ) throws(ApusError) {
    try model.save(to: output, as: type?.element)
    try tokenizer?.save(to: FileSystem.join(output, "tokenizer.json"))
    guard let template else { return }
    try AtomicFile.write(Array(template.utf8), to: FileSystem.join(output, "chat_template.jinja"))
  }
}
