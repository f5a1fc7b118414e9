// What happens to a text before it is cut: the normalisers of the `tokenizers` library, as a list of steps. Bytes that
// are not valid UTF-8 pass through untouched. Which file says what is TokenizerJSON's business.

/// Steps that rewrite a text, one after another.
struct Normalizer: Sendable {
  enum Step: Sendable {
    case form(UnicodeForm)
    case lowercase
    case stripAccents
    /// Removes white space at the ends.
    case strip(left: Bool, right: Bool)
    case replace(Matcher, with: [UInt8])
    /// Puts a text before one that is not empty.
    case prepend([UInt8])
    case bert(BertNormalizer)
    case nmt
    case precompiled(PrecompiledMap)
    case sentencePiece(SentencePieceNormalizer)
    /// Spells bytes in their stand-in characters.
    case byteLevel
  }

  var steps: [Step] = []

  var isIdentity: Bool { steps.isEmpty }

  func apply(to text: inout AlignedText) {
    for step in steps where !text.bytes.isEmpty { step.apply(to: &text) }
  }

  func apply(to bytes: [UInt8]) -> [UInt8] {
    var text = AlignedText(bytes)
    apply(to: &text)
    return text.bytes
  }
}

extension Normalizer.Step {
  func apply(to text: inout AlignedText) {
    switch self {
    case .form(let form): form.apply(to: &text)
    case .lowercase: text.mapScalars(CaseMapping.lowercase)
    case .stripAccents: text.removeScalars { ScalarClasses.shared.isMark($0) }
    case .strip(let left, let right): Self.strip(left, right, &text)
    case .replace(let matcher, let content): Self.replace(matcher, content, &text)
    case .prepend(let content):
      text.rewrite { source, output in
        output.write(content, for: 0..<0)
        output.copy(source, source.indices)
      }
    case .bert(let bert): bert.apply(to: &text)
    case .nmt: NmtNormalizer.apply(to: &text)
    case .precompiled(let map): map.apply(to: &text)
    case .sentencePiece(let normalizer): normalizer.apply(to: &text)
    case .byteLevel:
      text.rewrite { source, output in
        for place in source.indices {
          output.write(ByteAlphabet.standIns[Int(source[place])].value, for: place..<place + 1)
        }
      }
    }
  }

  private static func strip(_ left: Bool, _ right: Bool, _ text: inout AlignedText) {
    let classes = ScalarClasses.shared
    var start = 0
    var end = text.bytes.count
    text.bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return }
      while left, start < end {
        let (value, length) = UTF8Coding.scalar(base, start, end)
        guard classes.isSpace(value) else { break }
        start += length
      }
      while right, start < end {
        let (value, length) = UTF8Coding.scalar(base, before: end)
        guard classes.isSpace(value) else { break }
        end -= length
      }
    }
    if start > 0 || end < text.bytes.count { text.rewrite { source, output in output.copy(source, start..<end) } }
  }

  private static func replace(_ matcher: Matcher, _ content: [UInt8], _ text: inout AlignedText) {
    text.rewrite { source, output in
      var place = 0
      source.withUnsafeBufferPointer { bytes in
        matcher.forEachMatch(in: bytes) { match in
          output.copy(source, place..<match.lowerBound)
          output.write(content, for: match)
          place = match.upperBound
        }
      }
      output.copy(source, place..<source.count)
    }
  }
}

extension AlignedText {
  /// Replaces each scalar by those that `body` appends for it; nothing appended means that it stays.
  mutating func mapScalars(_ body: (UInt32, inout [UInt32]) -> Void) {
    rewrite { source, output in
      var replacement: [UInt32] = []
      UTF8Coding.forEachScalar(source) { value, place in
        replacement.removeAll(keepingCapacity: true)
        body(value, &replacement)
        if replacement.isEmpty { output.copy(source, place) }
        for scalar in replacement { output.write(scalar, for: place) }
      }
    }
  }

  /// Leaves out the scalars of which `isRemoved` is true.
  mutating func removeScalars(_ isRemoved: (UInt32) -> Bool) {
    rewrite { source, output in
      UTF8Coding.forEachScalar(source) { value, place in
        if !isRemoved(value) { output.copy(source, place) }
      }
    }
  }
}

/// Lower case, scalar by scalar.
enum CaseMapping {
  static func lowercase(_ scalar: UInt32, _ result: inout [UInt32]) {
    if scalar == 0x130 { return result += [0x69, 0x307] }
    let lower = UnicodeData.shared.lower(scalar)
    if lower != scalar { result.append(lower) }
  }
}
