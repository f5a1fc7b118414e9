// Reads the component `normalizer` of a `tokenizer.json`.

import ApusCore

struct NormalizerReader {
  let file: String?
  private var components: ComponentReader { ComponentReader(file: file) }

  init(file: String?) { self.file = file }

  func read(_ value: JSON?) throws(ApusError) -> Normalizer {
    var steps: [Normalizer.Step] = []
    try components.forEach(value, "normalizer", list: "normalizers") { type, reader throws(ApusError) in
      steps.append(try step(type, reader))
    }
    return Normalizer(steps: steps)
  }

  private func step(_ type: String, _ reader: JSON.Reader) throws(ApusError) -> Normalizer.Step {
    switch type {
    case "NFC": return .form(.nfc)
    case "NFD": return .form(.nfd)
    case "NFKC": return .form(.nfkc)
    case "NFKD": return .form(.nfkd)
    case "Lowercase": return .lowercase
    case "StripAccents": return .stripAccents
    case "Strip", "StripNormalizer":
      return .strip(
        left: try reader.bool("strip_left", default: true), right: try reader.bool("strip_right", default: true))
    case "Replace":
      return .replace(try components.matcher(reader), with: Array(try reader.requiredString("content").utf8))
    case "Prepend": return .prepend(Array(try reader.requiredString("prepend").utf8))
    case "BertNormalizer":
      return .bert(
        BertNormalizer(
          cleansText: try reader.bool("clean_text", default: true),
          separatesChinese: try reader.bool("handle_chinese_chars", default: true),
          stripsAccents: try reader.bool("strip_accents"), lowercases: try reader.bool("lowercase", default: true)))
    case "Nmt": return .nmt
    case "Precompiled": return try precompiled(reader)
    case "ByteLevel": return .byteLevel
    default: throw reader.error("type", "the normaliser '\(type)' is not supported")
    }
  }

  private func precompiled(_ reader: JSON.Reader) throws(ApusError) -> Normalizer.Step {
    let key = "precompiled_charsmap"
    guard let blob = Base64.decode(Array((try reader.string(key) ?? "").utf8)) else {
      throw reader.error(key, "is not base64")
    }
    do throws(ApusError) { return .precompiled(try PrecompiledMap(blob)) } catch {
      throw reader.error(key, error.problem)
    }
  }
}
