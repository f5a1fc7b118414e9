// Reads the component `post_processor` of a `tokenizer.json`: what is put round the ids of a text.

import ApusCore

struct PostProcessorReader {
  let file: String?

  func read(_ value: JSON?) throws(ApusError) -> PostProcessor {
    var result = PostProcessor.none
    try ComponentReader(file: file).forEach(value, "post_processor", list: "processors") {
      type, reader throws(ApusError) in
      guard let processor = try processor(type, reader) else { return }
      guard result == .none else {
        throw reader.error("type", "a second post-processor that adds tokens is not supported")
      }
      result = processor
    }
    return result
  }

  private func processor(_ type: String, _ reader: JSON.Reader) throws(ApusError) -> PostProcessor? {
    reader.ignore("trim_offsets", "add_prefix_space", "use_regex")
    switch type {
    case "ByteLevel": return nil
    case "BertProcessing":
      let (before, behind) = (try named(reader, "cls"), try named(reader, "sep"))
      return PostProcessor(before: [before], behind: [behind])
    case "RobertaProcessing":
      let (before, behind) = (try named(reader, "cls"), try named(reader, "sep"))
      return PostProcessor(before: [before], behind: [behind], between: [behind, behind], secondType: 0)
    case "TemplateProcessing": return try template(reader)
    default: throw reader.error("type", "the post-processor '\(type)' is not supported")
    }
  }

  /// `["[CLS]", 101]`
  private func named(_ reader: JSON.Reader, _ key: String) throws(ApusError) -> Int32 {
    let value = try reader.array(key)
    guard let value, value.count == 2, let id = value[1].int.flatMap({ Int32(exactly: $0) }) else {
      throw reader.error(key, #"["text", id] is expected"#)
    }
    return id
  }

  private func template(_ reader: JSON.Reader) throws(ApusError) -> PostProcessor {
    var ids: [[UInt8]: [Int32]] = [:]
    for (name, token) in reader.value("special_tokens")?.object ?? [:] {
      let values = token["ids"]?.array ?? []
      let numbers = values.compactMap { $0.int.flatMap { Int32(exactly: $0) } }
      guard numbers.count == values.count, !numbers.isEmpty else {
        throw reader.error("special_tokens", "'\(name)' has no list of ids")
      }
      ids[Array(name.utf8)] = numbers
    }
    return PostProcessor(single: try parts(reader, "single", ids), pair: try parts(reader, "pair", ids))
  }

  private func parts(
    _ reader: JSON.Reader, _ key: String, _ ids: [[UInt8]: [Int32]]
  ) throws(ApusError) -> [PostProcessor.Part] {
    var parts: [PostProcessor.Part] = []
    for (index, value) in (try reader.array(key) ?? []).enumerated() {
      let token = value["SpecialToken"] ?? value["Sequence"]
      guard let name = token?["id"]?.string, let type = (token?["type_id"] ?? 0).int.flatMap({ Int32(exactly: $0) })
      else {
        throw reader.error(key, "entry \(index) is neither a SpecialToken nor a Sequence")
      }
      if value["Sequence"] != nil {
        parts.append(name == "B" ? .second(type: type) : .first(type: type))
      } else if let known = ids[Array(name.utf8)] {
        parts.append(.special(known, type: type))
      } else {
        throw reader.error(key, "'\(name)' is not among the special_tokens")
      }
    }
    return parts
  }
}
