// Writes a unigram tokenizer as sentencepiece's `.model` file (sentencepiece_model.proto), as far as such a file can
// say what the tokenizer does.

public import ApusCore

extension PipelineTokenizer {
  /// Writes what sentencepiece loads and gives the same ids with.
  /// - Throws: `usage` where the tokenizer is not a unigram model that normalises as sentencepiece does.
  public func saveSentencePiece(to path: String) throws(ApusError) {
    guard case .unigram(let model) = model, splitter.steps.isEmpty, normalizer.steps.count == 1,
      case .sentencePiece(let normalizer)? = normalizer.steps.first, normalizer.userDefined.isEmpty,
      let unknown = model.unknown
    else {
      throw ApusError(
        .usage, "only a unigram tokenizer that treats text as sentencepiece does can be written as its model",
        file: path, remedy: "write a tokenizer.json")
    }
    var message = ProtobufWriter()
    let bytes = Set(model.byteTokens ?? [])
    for id in model.vocabulary.ids {
      let type: GGUFVocabulary.TokenType =
        if id == unknown { .unknown } else if bytes.contains(id) { .byte } else if specialTokens.token(of: id) != nil {
          .control
        } else { .normal }
      var piece = ProtobufWriter()
      piece.add(1, bytes: Array(model.vocabulary.bytes(of: id) ?? []))
      piece.add(2, float: Float(model.scores[Int(id)]))
      piece.add(3, integer: Int(type.rawValue))
      message.add(1, bytes: piece.bytes)
    }
    message.add(2, bytes: trainer(model).bytes)
    message.add(3, bytes: Self.message(of: normalizer).bytes)
    try AtomicFile.write(message.bytes, to: path)
  }

  /// The kind of model, and which tokens play which part.
  private func trainer(_ model: UnigramModel) -> ProtobufWriter {
    var message = ProtobufWriter()
    message.add(3, integer: 1)
    message.add(4, integer: model.vocabulary.size)
    message.add(35, integer: model.byteTokens == nil ? 0 : 1)
    let parts = [
      model.unknown, specialTokens.beginningOfText, specialTokens.endOfText, specialTokens.padding,
    ]
    for (index, id) in parts.enumerated() {
      message.add(40 + index, integer: id.map { Int($0) } ?? -1)
      if let content = id.flatMap({ model.vocabulary.bytes(of: $0) }) { message.add(45 + index, bytes: Array(content)) }
    }
    return message
  }

  private static func message(of normalizer: SentencePieceNormalizer) -> ProtobufWriter {
    var message = ProtobufWriter()
    message.add(1, bytes: Array((normalizer.map == nil ? "identity" : "user_defined").utf8))
    message.add(2, bytes: normalizer.map?.blob ?? [])
    message.add(3, integer: normalizer.addsPrefix ? 1 : 0)
    message.add(4, integer: normalizer.removesExtraSpaces ? 1 : 0)
    message.add(5, integer: normalizer.escapesSpaces ? 1 : 0)
    return message
  }
}

/// Writes the fields of one message of protocol buffers.
struct ProtobufWriter {
  private(set) var bytes: [UInt8] = []

  mutating func add(_ field: Int, integer: Int) {
    append(UInt64(field) << 3)
    append(UInt64(bitPattern: Int64(integer)))
  }

  mutating func add(_ field: Int, float: Float) {
    append(UInt64(field) << 3 | 5)
    for shift in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: float.bitPattern >> UInt32(shift))) }
  }

  mutating func add(_ field: Int, bytes content: [UInt8]) {
    append(UInt64(field) << 3 | 2)
    append(UInt64(content.count))
    bytes += content
  }

  private mutating func append(_ value: UInt64) {
    var value = value
    while value >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    bytes.append(UInt8(value))
  }
}
