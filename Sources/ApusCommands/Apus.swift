// The root command `apus` and the list of its commands: one line each.

public import ArgumentParser

/// The root command. `Apus.run(arguments:console:)` is the one entry, for the program and for tests.
public struct Apus: ParsableCommand {
  /// The name, the help and the commands of the tool.
  public static let configuration = CommandConfiguration(
    commandName: "apus",
    abstract: "The whole life of a language model: text, tokenizer, pretraining, evaluation, generation.",
    discussion: """
      Data goes to standard output, everything else to standard error. Exit status: 0 done, 64 wrong usage, 65 bad \
      input data, 66 missing input, 70 our fault, 74 input/output, 130 interrupted.

      The environment variable APUS_ISA (scalar, avx2, avx512, neon) chooses the instruction set of the kernels; \
      NO_COLOR switches colours off.
      """,
    version: "0.1.0",
    subcommands: commands
  )

  /// Every command, in the order of the help. A new command is one file and one line here.
  static let commands: [any ParsableCommand.Type] = [
    // The whole life in one command.
    Demo.self,

    // Text and tokens.
    TokenizerCommands.self,
    TokenizeCorpus.self,

    // Making models.
    ScalingCommands.self,
    Pretrain.self,

    // Using and looking into models.
    Generate.self,
    Fill.self,
    Embed.self,
    Evaluate.self,
    Logits.self,
    Inspect.self,
    Convert.self,

    // Measuring.
    Benchmark.self,
  ]

  /// Made by the parser; shows the help.
  public init() {}
}
