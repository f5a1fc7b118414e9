// What a tokenizer makes of each script: how many tokens stand for how much text. A vocabulary learnt from English cuts
// other scripts into crumbs, and their readers pay for it in price, speed and context (Petrov et al. 2023, Ahia et al.
// 2023). It counts; it judges nothing.

public import ApusCore

/// The text of one script and the tokens that stand for it.
public struct ScriptUse: Sendable, Equatable {
  /// The script's name in Unicode: `Latin`, `Han`; `Common` where a text has no letters at all.
  public let script: String
  /// Its text in bytes of UTF-8, spaces and punctuation behind its letters included.
  public internal(set) var bytes = 0
  /// The same in characters, which are Unicode scalars.
  public internal(set) var characters = 0
  /// Runs without white space that hold a letter or a digit.
  public internal(set) var words = 0
  /// The tokens whose first letter is of this script.
  public internal(set) var tokens = 0
  /// Whether the script puts spaces between words.
  public internal(set) var separatesWords: Bool

  init(script: String) {
    self.script = script
    separatesWords = !Self.withoutSpaces.contains(script)
  }

  /// How much text a token stands for, in bytes; NaN where there is no token.
  public var bytesPerToken: Double { tokens == 0 ? .nan : Double(bytes) / Double(tokens) }
  /// Tokens for a byte; NaN where there is no text.
  public var tokensPerByte: Double { bytes == 0 ? .nan : Double(tokens) / Double(bytes) }
  /// Tokens for a character; NaN where there is no text.
  public var tokensPerCharacter: Double { characters == 0 ? .nan : Double(tokens) / Double(characters) }
  /// Tokens for a word ("fertility"); nil where a script puts no spaces between words, or there are none.
  public var tokensPerWord: Double? {
    separatesWords && words > 0 ? Double(tokens) / Double(words) : nil
  }

  private static let withoutSpaces: Set<String> = [
    "Han", "Hiragana", "Katakana", "Bopomofo", "Thai", "Lao", "Khmer", "Myanmar", "Tibetan", "Yi", "Javanese",
    "Balinese", "Tai_Le", "New_Tai_Lue", "Tai_Tham", "Tai_Viet", "Cuneiform", "Egyptian_Hieroglyphs",
  ]
}

/// Counts the use of scripts in texts under one tokenizer.
public struct ScriptMeasure: Sendable {
  private let tokenizer: any Tokenizer
  private var uses: [UInt8: ScriptUse] = [:]
  /// Places take many times the room of the text: longer texts go by parts, cut before the first letter of a line.
  private let longestPart: Int

  /// Nothing is counted yet.
  public init(_ tokenizer: any Tokenizer) { self.init(tokenizer, longestPart: 4 << 20) }

  init(_ tokenizer: any Tokenizer, longestPart: Int) {
    self.tokenizer = tokenizer
    self.longestPart = longestPart
  }

  /// The scripts, those with the most text first.
  public var scripts: [ScriptUse] {
    uses.values.sorted { ($1.bytes, $0.script) < ($0.bytes, $1.script) }
  }

  /// All scripts together.
  public var total: ScriptUse {
    var total = ScriptUse(script: "all")
    total.separatesWords = uses.values.allSatisfy(\.separatesWords)
    for use in uses.values {
      total.bytes += use.bytes
      total.characters += use.characters
      total.words += use.words
      total.tokens += use.tokens
    }
    return total
  }

  /// Counts a text; special tokens in it are plain text.
  /// - Throws: what encoding throws.
  public mutating func add(_ text: [UInt8]) throws(ApusError) {
    var start = 0
    while start < text.count {
      let end = end(of: text, from: start)
      try addPart(start == 0 && end == text.count ? text : Array(text[start..<end]))
      start = end
    }
  }

  private func end(of text: [UInt8], from start: Int) -> Int {
    guard text.count - start > longestPart else { return text.count }
    var place = start + longestPart
    while place < text.count {
      let isLetter = (0x41...0x5A).contains(text[place] & 0xDF) || text[place] >= 0xC0
      if text[place - 1] == 0x0A && isLetter { return place }
      place += 1
    }
    return text.count
  }

  private mutating func addPart(_ text: [UInt8]) throws(ApusError) {
    let located = try tokenizer.locate(text, special: .plainText)
    let scripts = TextScripts(text)
    scripts.forEachCharacter { script, length, beginsWord in
      use(script) { use in
        use.bytes += length
        use.characters += 1
        if beginsWord { use.words += 1 }
      }
    }
    for place in located.bytes { use(scripts.script(of: place)) { $0.tokens += 1 } }
  }

  private mutating func use(_ script: UInt8, _ change: (inout ScriptUse) -> Void) {
    change(&uses[script, default: ScriptUse(script: TextScripts.name(script))])
  }
}

/// The scripts of a text: spaces, digits and punctuation are of the script before them.
private struct TextScripts {
  private let text: [UInt8]
  /// For each byte the script of its character; `common` and those that inherit keep their own here.
  private var own: [UInt8]
  /// The same with the script before it where it has none of its own.
  private var inherited: [UInt8]
  private static let (common, inherit): (UInt8, UInt8) = (0, 1)

  init(_ text: [UInt8]) {
    self.text = text
    own = [UInt8](repeating: Self.common, count: text.count)
    inherited = own
    var last: UInt8?
    UTF8Coding.forEachScalar(text) { scalar, place in
      let script = scalar < UTF8Coding.invalid ? Self.script(of: scalar) : Self.common
      if script > Self.inherit { last = script }
      for byte in place {
        own[byte] = script
        inherited[byte] = last ?? Self.common
      }
    }
    let first = own.firstIndex { $0 > Self.inherit } ?? 0
    for byte in 0..<first { inherited[byte] = own[first] }
  }

  /// Latin letters are most of most texts.
  private static func script(of scalar: UInt32) -> UInt8 {
    if scalar < 0x80 { return ScalarClasses.shared[scalar].isAny(of: .letter) ? 2 : common }
    return Scripts.shared.script(of: scalar)
  }

  static func name(_ script: UInt8) -> String {
    Int(script) < Scripts.names.count ? Scripts.names[Int(script)] : "other"
  }

  /// Calls `body` with each character's script, its length in bytes, and whether it is the first letter or digit of a
  /// word.
  func forEachCharacter(_ body: (_ script: UInt8, _ length: Int, _ beginsWord: Bool) -> Void) {
    var isInWord = false
    UTF8Coding.forEachScalar(text) { scalar, place in
      let classes = ScalarClasses.shared
      let begins = !isInWord && classes.isAny(scalar, of: [.letter, .number])
      isInWord = classes.isSpace(scalar) ? false : isInWord || begins
      body(inherited[place.lowerBound], place.count, begins)
    }
  }

  /// The script of the first letter of a stretch, or the one before it.
  func script(of place: Range<Int>) -> UInt8 {
    let place = place.clamped(to: text.indices)
    let first = place.first { own[$0] > Self.inherit }
    return inherited[first ?? min(place.lowerBound, text.count - 1)]
  }
}
