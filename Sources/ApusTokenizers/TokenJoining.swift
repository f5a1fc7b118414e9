// How tokens become text again: the decoders of the `tokenizers` library, as steps that each token goes through, so
// that a text can be shown token by token. Unlike there, tokens that stand for single bytes give exactly these bytes.
// It knows no vocabulary.

/// Steps from the tokens of a vocabulary to text.
public struct TokenJoining: Sendable {
  enum Step: Sendable {
    case replace(Matcher, with: [UInt8])
    /// Takes the mark of a space off the first token; if `all`, off every one until there is more than marks.
    case leadingMark([UInt8], all: Bool)
    /// A token that is shown as something else.
    case shown([UInt8], as: [UInt8])
    /// `<0x0A>` is the byte 10.
    case byteFallback
    /// Takes up to so many of a character off both ends of each token.
    case strip([UInt8], start: Int, stop: Int)
    /// The mark of a space becomes one; the first token's is left out if `dropsFirst`.
    case metaspace([UInt8], dropsFirst: Bool)
    /// A space before each token but those that go on inside a word.
    case wordPiece(prefix: [UInt8], cleansUp: Bool)
    /// The mark of the end of a word becomes a space, but not behind the last token.
    case wordEnd([UInt8])
    case connectionist(padding: [UInt8], delimiter: [UInt8], cleansUp: Bool)
    /// Stand-in characters become the bytes that they stand for.
    case byteLevel
    /// A space between tokens: what the library does without a decoder.
    case spaced
  }

  /// What each token goes through.
  var steps: [Step] = []
  /// What is taken off the beginning of the whole text: up to so many of a character.
  var start: (content: [UInt8], count: Int) = ([], 0)

  /// One after another, as they are.
  public static let concatenated = TokenJoining()
  /// A mark behind each word becomes the space to the next.
  static func wordEnd(_ mark: [UInt8]) -> TokenJoining { TokenJoining(steps: [.wordEnd(mark)]) }

  init(steps: [Step] = []) { self.steps = steps }

  /// The state between one token and the next.
  struct State: Sendable {
    var isFirst = true
    /// The last word's final space is shown only when another token follows.
    var hasPendingSpace = false
    var previous: [UInt8]?
    var taken = 0
    var hasBegun = false
  }

  /// The bytes of a token inside a text.
  func bytes(ofInner token: [UInt8]) -> [UInt8] {
    var state = State(isFirst: false, hasBegun: true)
    var bytes = transform(token, &state)
    if state.hasPendingSpace { bytes.append(0x20) }
    return bytes
  }

  /// Appends what is certain of the text with this token.
  func append(_ token: [UInt8], _ state: inout State, to text: inout [UInt8]) {
    if steps.isEmpty && start.count == 0 { return text += token }
    let hadPendingSpace = state.hasPendingSpace
    state.hasPendingSpace = false
    var bytes = transform(token, &state)
    if hadPendingSpace { bytes.insert(0x20, at: 0) }
    state.isFirst = false
    trimStart(&bytes, &state)
    text += bytes
  }

  private func trimStart(_ bytes: inout [UInt8], _ state: inout State) {
    guard start.count > 0, !state.hasBegun else { return }
    while state.taken < start.count, bytes.starts(with: start.content), !start.content.isEmpty {
      bytes.removeFirst(start.content.count)
      state.taken += 1
    }
    if !bytes.isEmpty || state.taken == start.count { state.hasBegun = true }
  }

  private func transform(_ token: [UInt8], _ state: inout State) -> [UInt8] {
    var token = token
    for step in steps { step.apply(to: &token, &state) }
    return token
  }
}

extension TokenJoining.Step {
  func apply(to token: inout [UInt8], _ state: inout TokenJoining.State) {
    switch self {
    case .replace(let matcher, let content):
      token = Normalizer(steps: [.replace(matcher, with: content)]).apply(to: token)
    case .leadingMark(let mark, let all):
      guard !state.hasBegun else { return }
      let isMark = token.starts(with: mark)
      if isMark { token.removeFirst(mark.count) }
      state.hasBegun = !token.isEmpty || (isMark && !all)
    case .shown(let name, let text): if token == name { token = text }
    case .byteFallback: if let byte = ByteAlphabet.fallbackByte(of: token) { token = [byte] }
    case .strip(let content, let start, let stop): Self.strip(content, start, stop, &token)
    case .metaspace(let mark, let dropsFirst):
      token = token.replacingBytes(mark, with: state.isFirst && dropsFirst ? [] : [0x20])
    case .wordPiece(let prefix, let cleansUp):
      if !state.isFirst { Self.joinPiece(prefix, &token) }
      if cleansUp { token = Self.cleanedUp(token) }
    case .wordEnd(let mark): Self.endWord(mark, &token, &state)
    case .connectionist(let padding, let delimiter, let cleansUp):
      let isRepeated = state.previous == token
      state.previous = token
      if isRepeated { return token = [] }
      if !padding.isEmpty { token = token.replacingBytes(padding, with: []) }
      if cleansUp { token = Self.cleanedUp(token).replacingBytes(delimiter, with: [0x20]) }
    case .byteLevel:
      var bytes: [UInt8] = []
      if token.withUnsafeBufferPointer({ ByteAlphabet.bytes(of: $0, into: &bytes) }) { token = bytes }
    case .spaced: if !state.isFirst { token.insert(0x20, at: 0) }
    }
  }

  private static func joinPiece(_ prefix: [UInt8], _ token: inout [UInt8]) {
    if !prefix.isEmpty && token.starts(with: prefix) {
      token.removeFirst(prefix.count)
    } else {
      token.insert(0x20, at: 0)
    }
  }

  private static func endWord(_ mark: [UInt8], _ token: inout [UInt8], _ state: inout TokenJoining.State) {
    guard !mark.isEmpty else { return }
    let isWordEnd = token.suffix(mark.count).elementsEqual(mark)
    token = token.replacingBytes(mark, with: [0x20])
    if isWordEnd {
      token.removeLast()
      state.hasPendingSpace = true
    }
  }

  private static func strip(_ content: [UInt8], _ start: Int, _ stop: Int, _ token: inout [UInt8]) {
    guard !content.isEmpty else { return }
    for _ in 0..<start where token.starts(with: content) { token.removeFirst(content.count) }
    for _ in 0..<stop where token.suffix(content.count).elementsEqual(content) { token.removeLast(content.count) }
  }

  private static let cleanups: [(from: [UInt8], to: [UInt8])] = [
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
    (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
  ].map { (Array($0.0.utf8), Array($0.1.utf8)) }

  private static func cleanedUp(_ token: [UInt8]) -> [UInt8] {
    // All that is cleaned up begins with a space.
    token.contains(0x20) ? cleanups.reduce(token) { $0.replacingBytes($1.from, with: $1.to) } : token
  }
}
