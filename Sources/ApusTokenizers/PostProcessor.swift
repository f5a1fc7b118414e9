// What is put round the ids of a text or of two: beginning and end marks, and the types that tell two texts apart (the
// post-processors of the `tokenizers` library). Encoding adds nothing unless it is asked to. It knows no text.

/// The ids of a text, or of two, ready for a model.
public struct TokenizedText: Sendable, Equatable {
  /// The ids, special ones included.
  public var ids: [Int32]
  /// For each id 0 or 1: which of two texts it belongs to.
  public var types: [Int32]
  /// How many of the first ids fill the text up; see ``Padding``.
  public internal(set) var filledBefore = 0
  /// How many of the last ids fill the text up.
  public internal(set) var filledBehind = 0

  /// For each id whether it is the text's, frame included, and does not fill it up: what models call attention mask.
  public var mask: [Bool] { ids.indices.map { $0 >= filledBefore && $0 < ids.count - filledBehind } }

  /// Makes one of ids with their types.
  public init(ids: [Int32], types: [Int32]) {
    self.ids = ids
    self.types = types
  }
}

/// A pattern of special tokens and texts.
struct PostProcessor: Sendable, Equatable {
  enum Part: Sendable, Equatable {
    case special([Int32], type: Int32)
    case first(type: Int32)
    case second(type: Int32)
  }

  var single: [Part] = [.first(type: 0)]
  var pair: [Part] = [.first(type: 0), .second(type: 1)]

  /// Nothing is added.
  static let none = PostProcessor()

  /// Tokens before and behind a text, and between two.
  init(before: [Int32], behind: [Int32], between: [Int32]? = nil, secondType: Int32 = 1) {
    single = [.special(before, type: 0), .first(type: 0), .special(behind, type: 0)]
    pair = [
      .special(before, type: 0), .first(type: 0), .special(between ?? behind, type: 0), .second(type: secondType),
      .special(behind, type: secondType),
    ]
  }

  init(single: [Part] = [.first(type: 0)], pair: [Part] = [.first(type: 0), .second(type: 1)]) {
    self.single = single
    self.pair = pair
  }

  /// The tokens before a text.
  var opening: [Int32] {
    get {
      var ids: [Int32] = []
      for case .special(let more, _) in Self.leading(single) { ids += more }
      return ids
    }
    set {
      let new = newValue.isEmpty ? [] : [Part.special(newValue, type: 0)]
      single = new + single.dropFirst(Self.leading(single).count)
      pair = new + pair.dropFirst(Self.leading(pair).count)
    }
  }

  private static func leading(_ parts: [Part]) -> ArraySlice<Part> {
    parts.prefix { part in if case .special = part { true } else { false } }
  }

  func apply(_ first: [Int32], _ second: [Int32]?) -> TokenizedText {
    var text = TokenizedText(ids: [], types: [])
    func append(_ ids: [Int32], _ type: Int32) {
      text.ids += ids
      text.types += repeatElement(type, count: ids.count)
    }
    for part in second == nil ? single : pair {
      switch part {
      case .special(let ids, let type): append(ids, type)
      case .first(let type): append(first, type)
      case .second(let type): append(second ?? [], type)
      }
    }
    return text
  }
}
