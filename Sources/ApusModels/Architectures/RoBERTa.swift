// RoBERTa: Liu et al., arXiv:1907.11692; transformers' `roberta`. BERT whose positions begin behind the row of the
// padding token, with one token type.

import ApusCore
import ApusTensor

struct RoBERTaArchitecture: Architecture {
  let modelType = "roberta"

  // GGUF knows it as a BERT whose table of positions begins with the first that is used; files read as that.
  let gguf: GGUFDialect? = {
    var dialect = BERTArchitecture.dialect { $0.omitsUnusedPositions = true }
    dialect.accepts = { _ in false }
    return dialect
  }()

  private static let paddingToken = 1

  func specification(from config: JSON.Reader) throws(ApusError) -> Specification {
    let padding = try config.int("pad_token_id", default: Self.paddingToken)
    guard (0..<1 << 16).contains(padding) else { throw config.error("pad_token_id", "the padding token is \(padding)") }
    return try BERTFamily.specification(
      from: config, modelType, vocabulary: 50_265, types: 2, offset: padding + 1)
  }

  func configuration(of specification: Specification) -> JSON.Object {
    let className = specification.encoder?.maskedHead == nil ? "RobertaModel" : "RobertaForMaskedLM"
    var config = BERTFamily.configuration(of: specification, className)
    if case .learned(let offset) = specification.positions { config["pad_token_id"] = JSON(offset - 1) }
    return config
  }

  func names(_ specification: Specification) -> TensorNames {
    BERTFamily.names("roberta", dense: "lm_head.dense", norm: "lm_head.layer_norm") {
      $0.output = "lm_head.decoder"
      $0.outputBias = "lm_head.bias"
      $0.copies = ["lm_head.decoder.weight", "lm_head.decoder.bias"]
    }
  }

  func settle(_ specification: inout Specification, has: (String) -> Bool) {
    BERTFamily.settle(&specification, "roberta", names(specification), has)
  }
}
