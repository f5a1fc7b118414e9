// apus convert: a model between the Hugging Face layout and GGUF, with its tokenizer. The form that is read is
// recognised from the input, the form that is written from the name of the output.

import ApusCore
import ApusFormats
import ApusGeneration
import ApusModels
import ArgumentParser

/// `apus convert`.
struct Convert: Command {
  static let configuration = CommandConfiguration(
    abstract: "Convert a model between the Hugging Face layout and GGUF.",
    discussion: """
      A name that ends with .gguf becomes a GGUF file for llama.cpp; any other a folder with config.json, \
      model.safetensors and tokenizer.json for transformers. The same logits come out of both, but for rounding. \
      Matrices keep their 16 or 32 bits; blocks of fewer bits become float32, unless --type says otherwise. Tensor \
      after tensor is written, so memory is that of the input and the largest tensor. What is written appears when it \
      is whole; an interrupt (Ctrl-C) leaves nothing behind.
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

  func validate() throws {
    if input.isEmpty || output.isEmpty { throw ValidationError("Give the path of a model and one to write to.") }
  }

  func run(_ console: Console) throws {
    let isGGUF = GGUFFile.isName(output)
    if type == .q8 && !isGGUF {
      throw ApusError(.usage, "safetensors have no q8_0", remedy: "write a .gguf file, or choose f32, f16 or bf16")
    }
    let location = try ModelLocation(input)
    try requireFree(location)
    let package = try ModelPackage(location)
    console.catchInterrupts()
    let check = { () throws(ApusError) in try console.interruption.check() }
    let remarks =
      isGGUF
      ? try package.write(gguf: output, name: FileSystem.name(of: input), as: type?.element, check: check)
      : try package.write(folder: output, as: type?.element, check: check)
    for remark in remarks { console.note("warning: \(remark)") }
    console.note("\(Quantity.short(Double(package.model.parameterCount))) parameters written to \(output)")
  }

  private func requireFree(_ location: ModelLocation) throws(ApusError) {
    guard FileSystem.exists(output) else { return }
    let parts = try location.gguf.map { path throws(ApusError) in try GGUFCheckpoint(path).files.map(\.path) }
    if (parts ?? [location.folder, input]).contains(where: { FileSystem.isSame($0, output) }) {
      throw ApusError(.usage, "the output is the input", file: output, remedy: "choose another name")
    }
    guard overwrite else {
      throw ApusError(
        .usage, "the output is there already", file: output, remedy: "choose another name or give --overwrite")
    }
    guard FileSystem.isFolder(output), !GGUFFile.isName(output) else { return }
    if let foreign = try FileSystem.list(output).first(where: { !ModelPackage.fileNames.contains($0) }) {
      throw ApusError(
        .usage, "the folder holds `\(foreign)`, which is no file that a conversion writes, so it is not replaced",
        file: output, remedy: "choose another name, or remove the folder yourself")
    }
  }
}
