// BPE-dropout (Provilkov, Emelianenko and Voita 2020): in training, merges are left out by chance, so that a model sees
// the same word cut in many ways. At each step every merge that could be made is left out with the given probability,
// and the one of the lowest rank that is left is made; where all are left out the word stays as it is. It knows neither
// words nor tables.

public import ApusCore

/// Chance in the cutting of words; the same seed gives the same ids.
public struct MergeDropout: Sendable, Equatable {
  /// How probable it is that a merge is left out, at each step: 0 leaves none out, 1 all.
  public let probability: Double
  /// Where the chance begins; give each text its own.
  public let seed: UInt64

  /// - Throws: `usage` where `probability` is no number from 0 to 1.
  public init(probability: Double, seed: UInt64) throws(ApusError) {
    guard (0...1).contains(probability) else {
      throw ApusError(
        .usage, "merges are to be left out with probability \(probability)", remedy: "give a number from 0 to 1")
    }
    self.probability = probability
    self.seed = seed
  }

  /// One drawing after another.
  struct Draws {
    private let probability: Double
    private var numbers: PhiloxStream

    init(_ dropout: MergeDropout) {
      probability = dropout.probability
      numbers = Philox(seed: dropout.seed).stream()
    }

    /// Whether the next merge is left out.
    mutating func leaveOut() -> Bool { numbers.uniform() < probability }
  }
}

extension Tokenizer {
  /// The probability with which the tokenizer's file wants merges left out in training; nil where it says nothing.
  public var mergeDropout: Double? {
    if case .bytePair(let model) = (self as? PipelineTokenizer)?.model { model.options.dropout } else { nil }
  }

  /// The ids of `bytes` with merges left out by chance; encoding never does so by itself, whatever a file says.
  /// - Parameters:
  ///   - bytes: the text.
  ///   - special: what happens to special tokens that are written in it.
  ///   - dropout: how probable that is, and the seed.
  /// - Throws: what encoding throws; `usage` for a tokenizer that knows no merges.
  public func encode(
    _ bytes: [UInt8], special: SpecialTokenPolicy = .plainText, dropout: MergeDropout
  ) throws(ApusError) -> [Int32] {
    guard let pipeline = self as? PipelineTokenizer, pipeline.model.merges else {
      throw ApusError(
        .usage, "\(modelName) has no merges that could be left out", remedy: "encode without dropout")
    }
    if dropout.probability == 0 { return try encode(bytes, special: special) }
    var ids: [Int32] = []
    var work = EncodingScratch(dropout)
    try pipeline.encode(bytes.span, special: special, &work, into: &ids)
    return ids
  }
}

extension TokenizerModel {
  /// Whether it joins pairs.
  fileprivate var merges: Bool {
    switch self {
    case .bytePair, .rankedPair: true
    case .wordPiece, .unigram, .wordLevel: false
    }
  }
}

/// The merges that a word's neighbours offer: rank << 32 | place. One that is no longer offered stays until it is met.
struct MergeQueue {
  private var candidates = BinaryHeap<UInt64>()
  private var leftOut: [UInt64] = []
  /// Nil: no merge is left out.
  var draws: MergeDropout.Draws?

  mutating func removeAll() { candidates.removeAll() }

  @inline(__always) mutating func push(_ rank: UInt32, _ place: Int) {
    candidates.push(UInt64(rank) << 32 | UInt64(place))
  }

  /// The place of the next merge; `ranks` are those that are offered now.
  mutating func pop(_ ranks: [UInt32]) -> Int? {
    while let candidate = candidates.pop() {
      let place = Int(candidate & 0xFFFF_FFFF)
      guard ranks[place] == UInt32(candidate >> 32) else { continue }
      if draws?.leaveOut() == true {
        leftOut.append(candidate)
        continue
      }
      for candidate in leftOut { candidates.push(candidate) }
      leftOut.removeAll(keepingCapacity: true)
      return place
    }
    leftOut.removeAll(keepingCapacity: true)
    return nil
  }
}
