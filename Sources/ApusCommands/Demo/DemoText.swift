// The demo's text: stories of the embedded grammar, written into the run's folder, or the user's own file. With stories
// comes the floor: the information in the very validation text, in bits, which no model's loss can go below but by
// luck. It knows no tokenizer.

import ApusCore
import ApusTraining

/// What the demo learns from.
struct DemoText {
  /// The text file.
  let path: String
  /// Whether the grammar wrote it.
  let isStories: Bool
  /// Documents and split as the run will see them.
  let corpus: TextCorpus
  /// A text to begin with, to be shown.
  let sample: String

  /// Stories that are kept for validation.
  static let validationStories = 256
  /// The least text: a page or two.
  static let leastBytes = 4096
  private static let separator = "<|endoftext|>"
  private static let seed: UInt64 = 2017

  /// The user's text.
  /// - Throws: `missingInput`, or `badData` where the file is empty or no text.
  init(file path: String) throws(ApusError) {
    self.path = path
    isStories = false
    corpus = try TextCorpus([path])
    guard corpus.totalBytes >= Self.leastBytes else {
      throw ApusError(
        .badData, "has \(corpus.totalBytes) bytes, too few to learn from", file: path,
        remedy: "give a text of some pages; \(Self.leastBytes) bytes are the least")
    }
    sample = try Self.beginning(of: path)
  }

  /// Writes `count` stories to `path`.
  init(storiesAt path: String, count: Int, progress: (Int) throws(ApusError) -> Void) throws(ApusError) {
    self.path = path
    isStories = true
    let stories = Stories(seed: Self.seed)
    try AtomicFile.write(to: path) { (file) throws(ApusError) in
      for index in 0..<count {
        if index > 0 { try file.write("\n\(Self.separator)\n") }
        try file.write(stories.story(UInt64(index)).text)
        if index % 256 == 0 { try progress(index) }
      }
    }
    corpus = try TextCorpus(
      [path], rule: .separator, separator: Self.separator,
      validationFraction: min(0.5, Double(Self.validationStories) / Double(count)))
    sample = String(decoding: stories.story(0).text, as: UTF8.self)
  }

  /// Stories for a run of `seconds`, so many that about every token is new: D = √(20 C / 6) of them are read where half
  /// of the machine's `peak` goes into C.
  static func storyCount(seconds: Double, peak: Double) -> Int {
    let tokens = (20 * 0.5 * peak * seconds / 6).squareRoot()
    return max(2048, min(2_000_000, Int(tokens / tokensPerStory)))
  }

  private static let tokensPerStory = 160.0

  /// What the model's texts begin with: the words that most stories begin with, or the first words of the text.
  var prompt: String {
    if isStories { return "Once upon a time" }
    return sample.split(separator: " ").prefix(3).joined(separator: " ")
  }

  /// What a run has to be told of the text.
  var settings: DataSettings {
    var settings = PretrainConfiguration().data
    settings.text = [path]
    settings.documents = corpus.rule
    settings.validationFraction = corpus.validationFraction
    settings.cutDocuments = !isStories  // stories fit the context, so they stay whole
    return settings
  }

  /// The information in the validation text, the ends of its documents included, in bits; nil where nobody knows it.
  func validationBits() throws(ApusError) -> Double? {
    guard isStories else { return nil }
    var bits = 0.0
    try corpus.forEachDocument { (document, split, _) throws(ApusError) in
      guard split == .validation else { return }
      guard let known = Stories.bits(of: document.indices.map { document[$0] }) else {
        throw ApusError(.fault, "a story is none of the grammar's", file: path)
      }
      bits += known
    }
    return bits
  }

  /// The first lines of a file as text, about three lines of a terminal.
  private static func beginning(of path: String) throws(ApusError) -> String {
    let bytes = try MappedFile(path).withBytes { Array($0.prefix(1000)) }
    let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    var text = ""
    for word in words where text.count < 260 { text += (text.isEmpty ? "" : " ") + word.prefix(80) }
    return text
  }
}
