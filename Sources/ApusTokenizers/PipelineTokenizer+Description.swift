// A tokenizer's parts in words, for people who look at one.

extension Tokenizer {
  /// What turns pieces of text into ids.
  public var modelName: String {
    switch (self as? PipelineTokenizer)?.model {
    case .bytePair(let model): "byte-pair encoding of \(model.unit)"
    case .rankedPair(let model): "byte-pair encoding of \(model.unit), ranked"
    case .wordPiece: "WordPiece"
    case .unigram: "Unigram"
    case .wordLevel: "a token for each piece"
    case nil: "\(Self.self)"
    }
  }

  /// How many pairs it joins; 0 where it knows none.
  public var mergeCount: Int {
    if case .bytePair(let model) = (self as? PipelineTokenizer)?.model { model.merges.count } else { 0 }
  }

  /// The names of the patterns that cut a text, one after another.
  public var splitting: [String] {
    ((self as? PipelineTokenizer)?.splitter.steps ?? []).map { step in
      switch step {
      case .pattern(let pattern): pattern.rawValue
      case .cut: "an expression"
      case .metaspace: "spaces as ▁"
      case .spaceBefore: "a space before"
      case .byteLevel: "bytes as characters"
      case .scripts: "scripts"
      case .fixedLength(let count): "\(count) characters each"
      }
    }
  }
}
