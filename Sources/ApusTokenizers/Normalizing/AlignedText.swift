// A text on its way through normalisers: its bytes and, where asked for, which bytes of the original each came from. It
// knows no normaliser.

/// A text that is rewritten step by step.
struct AlignedText {
  var bytes: [UInt8]
  /// For each byte the range of the original that it stands for; nil where nobody asks.
  var origins: [Range<Int32>]?

  init(_ bytes: [UInt8], tracksOrigins: Bool = false) {
    self.bytes = bytes
    origins = tracksOrigins ? Self.origins(of: bytes) : nil
  }

  /// A stretch of a text that begins at `place` there, with the origins of its bytes.
  init(_ bytes: [UInt8], at place: Int) {
    self.init(bytes, tracksOrigins: true)
    guard place > 0, let known = origins else { return }
    origins = known.map { $0.lowerBound + Int32(place)..<$0.upperBound + Int32(place) }
  }

  /// A stretch of it, with its origins.
  subscript(range: Range<Int>) -> AlignedText {
    var part = AlignedText(Array(bytes[range]))
    part.origins = origins.map { Array($0[range]) }
    return part
  }

  /// The part of the original that a stretch stands for; empty where nothing is tracked.
  func origin(of range: Range<Int>) -> Range<Int> {
    guard let origins, let first = range.first, let last = range.last else { return 0..<0 }
    let start = Int(origins[first].lowerBound)
    return start..<max(start, Int(origins[last].upperBound))
  }

  /// Each byte stands for its whole character.
  private static func origins(of bytes: [UInt8]) -> [Range<Int32>] {
    var origins: [Range<Int32>] = []
    origins.reserveCapacity(bytes.count)
    UTF8Coding.forEachScalar(bytes) { _, place in
      for _ in place { origins.append(Int32(place.lowerBound)..<Int32(place.upperBound)) }
    }
    return origins
  }

  /// Replaces the text by what `body` writes.
  mutating func rewrite(_ body: (_ source: [UInt8], _ output: inout Rewriter) -> Void) {
    var output = Rewriter(origins)
    output.bytes.reserveCapacity(bytes.count)
    body(bytes, &output)
    bytes = output.bytes
    origins = output.origins
  }

  /// What a normaliser writes to.
  struct Rewriter {
    fileprivate(set) var bytes: [UInt8] = []
    fileprivate(set) var origins: [Range<Int32>]?
    private let sources: [Range<Int32>]?

    fileprivate init(_ sources: [Range<Int32>]?) {
      self.sources = sources
      origins = sources == nil ? nil : []
    }

    /// Takes a part of the source over as it is.
    mutating func copy(_ source: [UInt8], _ range: Range<Int>) {
      bytes += source[range]
      if let sources { origins? += sources[range] }
    }

    /// Writes a scalar in place of a range of the source; an empty range stands for what stands before it.
    mutating func write(_ scalar: UInt32, for range: Range<Int>) {
      let start = bytes.count
      UTF8Coding.append(scalar, to: &bytes)
      note(bytes.count - start, range)
    }

    /// Writes bytes in place of a range of the source.
    mutating func write(_ replacement: [UInt8], for range: Range<Int>) {
      bytes += replacement
      note(replacement.count, range)
    }

    /// Takes what was written last away again as often as it is `ending`.
    mutating func dropLast(while ending: [UInt8]) {
      while !ending.isEmpty, bytes.suffix(ending.count).elementsEqual(ending) {
        bytes.removeLast(ending.count)
        origins?.removeLast(ending.count)
      }
    }

    private mutating func note(_ count: Int, _ range: Range<Int>) {
      guard let sources else { return }
      let origin: Range<Int32>
      if let first = range.first, let last = range.last {
        origin = sources[first].lowerBound..<max(sources[first].lowerBound, sources[last].upperBound)
      } else if range.lowerBound < sources.count {
        origin = sources[range.lowerBound].lowerBound..<sources[range.lowerBound].lowerBound
      } else {
        origin = (sources.last?.upperBound ?? 0)..<(sources.last?.upperBound ?? 0)
      }
      for _ in 0..<count { origins?.append(origin) }
    }
  }
}
