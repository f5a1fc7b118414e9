// Reads sentencepiece's `.model` files (sentencepiece_model.proto). What the fields mean is SentencePieceModel's
// business.

import ApusCore

enum SentencePieceReader {
  /// Whether bytes may be such a file: it begins with a piece.
  static func isModel(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard bytes.count > 4, bytes[0] == 0x0A else { return false }
    var reader = ProtobufReader(bytes, file: nil)
    guard let first = try? reader.next(), first.field == 1, let piece = first.value.bytes else { return false }
    return (try? self.piece(reader.message(piece))) != nil
  }

  static func read(_ bytes: UnsafeBufferPointer<UInt8>, file: String?) throws(ApusError) -> SentencePieceModel {
    var model = SentencePieceModel()
    model.file = file
    model.unknownSurface = Array(" ⁇ ".utf8)
    var reader = ProtobufReader(bytes, file: file)
    while let (field, value) = try reader.next() {
      guard let bytes = value.bytes else { continue }
      switch field {
      case 1:
        let (text, score, type) = try piece(reader.message(bytes))
        model.pieces.append(text)
        model.scores.append(score)
        model.types.append(type)
      case 2: try readTrainer(reader.message(bytes), &model)
      case 3: try readNormalizer(reader.message(bytes), &model)
      default: break
      }
    }
    guard model.pieces.count > 0 else { throw reader.problem("it has no pieces") }
    return model
  }

  private static func piece(
    _ reader: ProtobufReader
  ) throws(ApusError) -> (text: UnsafeBufferPointer<UInt8>, score: Float, type: GGUFVocabulary.TokenType) {
    var reader = reader
    var text = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    var score: Float = 0
    var type = GGUFVocabulary.TokenType.normal
    while let (field, value) = try reader.next() {
      switch field {
      case 1: text = value.bytes ?? text
      case 2: score = value.float ?? 0
      case 3:
        guard let known = value.int.flatMap({ GGUFVocabulary.TokenType(rawValue: Int32(truncatingIfNeeded: $0)) })
        else {
          throw reader.problem("a piece of the unknown type \(value.int ?? -1)")
        }
        type = known
      default: break
      }
    }
    guard !score.isNaN else { throw reader.problem("the score of a piece is not a number") }
    return (text, score, type)
  }

  private static func readTrainer(_ reader: ProtobufReader, _ model: inout SentencePieceModel) throws(ApusError) {
    var reader = reader
    while let (field, value) = try reader.next() {
      switch field {
      case 3:
        switch value.int {
        case 1: model.kind = .unigram
        case 2: model.kind = .bytePair
        case 3: model.kind = .word
        case 4: model.kind = .character
        default: throw reader.problem("a model of the unknown kind \(value.int ?? -1)")
        }
      case 24: model.normalizer.isSuffix = value.bool ?? false
      case 35: model.fallsBackToBytes = value.bool ?? false
      case 44: model.unknownSurface = value.bytes.map { Array($0) }
      case 45: model.roles.unknown = value.bytes.map { Array($0) }
      case 46: model.roles.beginningOfText = value.bytes.map { Array($0) }
      case 47: model.roles.endOfText = value.bytes.map { Array($0) }
      case 48: model.roles.padding = value.bytes.map { Array($0) }
      default: break
      }
    }
  }

  private static func readNormalizer(_ reader: ProtobufReader, _ model: inout SentencePieceModel) throws(ApusError) {
    var reader = reader
    while let (field, value) = try reader.next() {
      switch field {
      case 2:
        if let map = value.bytes, !map.isEmpty {
          do throws(ApusError) { model.normalizer.map = try PrecompiledMap(Array(map)) } catch {
            throw reader.problem(error.problem)
          }
        }
      case 3: model.normalizer.addsPrefix = value.bool ?? true
      case 4: model.normalizer.removesExtraSpaces = value.bool ?? true
      case 5: model.normalizer.escapesSpaces = value.bool ?? true
      default: break
      }
    }
  }
}
