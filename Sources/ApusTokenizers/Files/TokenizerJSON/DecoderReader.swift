// Reads the component `decoder` of a `tokenizer.json`: how tokens become text again.

import ApusCore

struct DecoderReader {
  let file: String?
  /// Whether the vocabulary has bytes where the file has their stand-in characters.
  let isByteLevel: Bool
  private var components: ComponentReader { ComponentReader(file: file) }

  init(file: String?, isByteLevel: Bool) {
    self.file = file
    self.isByteLevel = isByteLevel
  }

  func read(_ value: JSON?) throws(ApusError) -> TokenJoining {
    guard let value, !value.isNull else { return TokenJoining(steps: [.spaced]) }
    var joining = TokenJoining()
    var isFused = false
    try components.forEach(value, "decoder", list: "decoders") { type, reader throws(ApusError) in
      if type == "Fuse" {
        isFused = true
      } else if isFused {
        try addWhole(type, reader, to: &joining)
      } else if let step = try step(type, reader) {
        joining.steps.append(step)
      }
    }
    return joining
  }

  private func step(_ type: String, _ reader: JSON.Reader) throws(ApusError) -> TokenJoining.Step? {
    switch type {
    case "ByteLevel":
      reader.ignore("add_prefix_space", "trim_offsets", "use_regex")
      return isByteLevel ? nil : .byteLevel
    case "WordPiece":
      return .wordPiece(
        prefix: Array(try reader.string("prefix", default: "##").utf8),
        cleansUp: try reader.bool("cleanup", default: true))
    case "BPEDecoder": return .wordEnd(Array(try reader.string("suffix", default: "</w>").utf8))
    case "Metaspace":
      let metaspace = try MetaspaceReader.read(reader)
      return .metaspace(metaspace.replacement, dropsFirst: metaspace.prepending != .never)
    case "ByteFallback": return .byteFallback
    case "Strip":
      return .strip(
        Array(try reader.requiredString("content").utf8), start: try components.count(reader, "start", default: 0),
        stop: try components.count(reader, "stop", default: 0))
    case "Replace":
      return .replace(try components.matcher(reader), with: Array(try reader.requiredString("content").utf8))
    case "CTC":
      return .connectionist(
        padding: Array(try reader.string("pad_token", default: "<pad>").utf8),
        delimiter: Array(try reader.string("word_delimiter_token", default: "|").utf8),
        cleansUp: try reader.bool("cleanup", default: true))
    default: throw reader.error("type", "the decoder '\(type)' is not supported")
    }
  }

  /// A step behind Fuse works on the whole text; of these only taking something off its beginning can be done token by
  /// token.
  private func addWhole(_ type: String, _ reader: JSON.Reader, to joining: inout TokenJoining) throws(ApusError) {
    if type == "ByteLevel", isByteLevel {
      reader.ignore("add_prefix_space", "trim_offsets", "use_regex")
    } else if case .strip(let content, let start, 0)? = try step(type, reader), joining.start.count == 0 {
      joining.start = (content, start)
    } else if case .replace(.literal(let text), let content)? = try step(type, reader),
      UTF8Coding.scalars(text).count == 1
    {
      joining.steps.append(.replace(.literal(text), with: content))
    } else {
      throw reader.error("type", "the decoder '\(type)' behind Fuse is not supported as it stands")
    }
  }
}
