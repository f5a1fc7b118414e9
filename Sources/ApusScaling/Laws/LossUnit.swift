// What a loss is measured in. Laws and tables in different units cannot be compared; where one can be turned into the
// other without the text at hand, it is.

import ApusCore

/// In what a loss is measured.
public enum LossUnit: String, Sendable {
  /// Natural logarithm, a token: what trainers report.
  case natsPerToken = "nats/token"
  /// Logarithm to base 2, a token.
  case bitsPerToken = "bits/token"
  /// Logarithm to base 2, a byte of text: comparable between tokenizers.
  case bitsPerByte = "bits/byte"

  /// In words.
  public var words: String {
    switch self {
    case .natsPerToken: "nats per token"
    case .bitsPerToken: "bits per token"
    case .bitsPerByte: "bits per byte"
    }
  }

  /// A loss in nats per token; nil where that would take the tokens a byte.
  public func nats(_ loss: Double) -> Double? {
    switch self {
    case .natsPerToken: loss
    case .bitsPerToken: loss * .log(2)
    case .bitsPerByte: nil
    }
  }
}
