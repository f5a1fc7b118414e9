// What a table's columns mean: which names stand for parameters, tokens, compute and loss, and in which units.

import ApusCore

/// What a column of a table of runs can be.
public enum RunColumn: String, Sendable, CaseIterable {
  /// N, the number of parameters.
  case parameters = "N"
  /// D, the number of training tokens that the model saw, repeats included.
  case tokens = "D"
  /// C, the training's floating-point operations.
  case compute = "C"
  /// The loss of the trained model on held-out text.
  case loss
  /// The number of different tokens among those that the model saw.
  case uniqueTokens = "unique"
  /// What the run is called; rows of one name are checkpoints of one run.
  case run

  /// The column of a name that a person gave: `N`, `D`, `C`, `loss`, `unique` or `run`, or any synonym.
  public init?(named name: String) {
    let plain = Self.plain(name)
    guard let found = Self.allCases.first(where: { $0.names.contains(plain) }) else { return nil }
    self = found
  }

  /// The names that stand for it, the preferred first; lower case, words joined by `_`.
  var names: [String] {
    switch self {
    case .parameters:
      [
        "n", "params", "parameters", "n_params", "num_params", "n_parameters", "num_parameters", "parameter_count",
        "param_count", "model_size", "size", "model_params",
      ]
    case .tokens:
      [
        "d", "tokens", "n_tokens", "num_tokens", "training_tokens", "train_tokens", "tokens_seen", "total_tokens",
        "token_count", "data_size",
      ]
    case .compute:
      ["c", "flops", "compute", "flop", "training_flops", "training_flop", "train_flops", "total_flops", "budget"]
    case .loss:
      [
        "loss", "val_loss", "validation_loss", "eval_loss", "test_loss", "final_loss", "loss_val", "cross_entropy",
        "val_bpb", "bpb", "bits_per_byte",
      ]
    case .uniqueTokens: ["unique", "unique_tokens", "u", "n_unique_tokens", "unique_data"]
    case .run: ["run", "run_name", "run_id", "name", "id"]
    }
  }

  /// What its headings have in common, to guess which was meant.
  var stem: String {
    switch self {
    case .parameters: "param"
    case .tokens: "token"
    case .compute: "flop"
    case .loss: "loss"
    case .uniqueTokens: "unique"
    case .run: "run"
    }
  }

  /// A heading without unit, in lower case with `_` between words: `Model size (M)` is `model_size`, `tokens_billions`
  /// is `tokens`.
  static func plain(_ heading: String) -> String {
    let name = heading.prefix { $0 != "(" && $0 != "[" }.lowercased()
    var words = name.split { !$0.isLetter && !$0.isNumber }
    if words.count > 1, let last = words.last, scaleWords[String(last)] != nil { words.removeLast() }
    return words.joined(separator: "_")
  }

  /// How many a unit of the column is, after what its heading says: `(M)`, `[billions]`, `_millions`; 1 where it says
  /// nothing, nil where it says something unknown.
  static func scale(_ heading: String) -> Double? {
    let words = heading.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    guard words.count > 1, let last = words.last else { return 1 }
    if let scale = scaleWords[last] { return scale }
    if words.suffix(2) == ["pf", "days"] || last == "pfdays" { return KaplanLaw.petaflopDay }
    guard heading.contains("(") || heading.contains("[") else { return 1 }
    return scaleSymbols[last] ?? (plainUnits.contains(last) ? 1 : nil)
  }

  private static let scaleWords: [String: Double] = [
    "thousand": 1e3, "thousands": 1e3, "million": 1e6, "millions": 1e6, "billion": 1e9, "billions": 1e9,
    "trillion": 1e12, "trillions": 1e12,
  ]
  private static let scaleSymbols: [String: Double] = [
    "k": 1e3, "m": 1e6, "b": 1e9, "g": 1e9, "t": 1e12, "pflop": 1e15, "pflops": 1e15, "eflop": 1e18, "eflops": 1e18,
    "zflop": 1e21, "zflops": 1e21,
  ]
  private static let plainUnits: Set<String> = [
    "flop", "flops", "nats", "token", "tokens", "params", "parameters", "bits", "byte", "n", "d", "c", "loss", "val",
  ]

  /// The unit of a loss under a heading.
  static func lossUnit(_ heading: String) -> LossUnit {
    let name = heading.lowercased()
    if name.contains("bpb") || (name.contains("bits") && name.contains("byte")) { return .bitsPerByte }
    return name.contains("bits") ? .bitsPerToken : .natsPerToken
  }

  /// A number as people write it: `7e9`, `70M`, `1.4T`; nil for anything else.
  static func number(_ text: String) -> Double? {
    if let value = Double(text) { return value }
    let letters = ["k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9, "G": 1e9, "T": 1e12]
    guard let letter = text.last, let scale = letters[String(letter)], let value = Double(text.dropLast()) else {
      return nil
    }
    return value * scale
  }
}
