// Spells a post-processor as `tokenizer.json` has it: a TemplateProcessing, behind what adds no tokens.

import ApusCore

extension PostProcessor {
  /// The component; `old` is what it was before, whose parts that only trim offsets stay, and `name` the text of a
  /// token.
  func json(replacing old: JSON, name: (Int32) -> String) -> JSON {
    var parts = (old["processors"]?.array ?? [old]).filter { $0["type"]?.string == "ByteLevel" }
    if self != .none { parts.append(template(name)) }
    if parts.count < 2 { return parts.first ?? .null }
    return ["type": "Sequence", "processors": .array(parts)]
  }

  private func template(_ name: (Int32) -> String) -> JSON {
    var known = JSON.Object()
    func pieces(_ parts: [Part]) -> JSON {
      var pieces: [JSON] = []
      for part in parts {
        switch part {
        case .first(let type): pieces.append(["Sequence": ["id": "A", "type_id": JSON(Int(type))]])
        case .second(let type): pieces.append(["Sequence": ["id": "B", "type_id": JSON(Int(type))]])
        case .special(let ids, let type):
          for id in ids {
            let text = JSON.string(name(id))
            known[name(id)] = ["id": text, "ids": [JSON(Int(id))], "tokens": [text]]
            pieces.append(["SpecialToken": ["id": text, "type_id": JSON(Int(type))]])
          }
        }
      }
      return .array(pieces)
    }
    let (single, pair) = (pieces(single), pieces(pair))
    return ["type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": .object(known)]
  }
}
