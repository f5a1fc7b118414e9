// Sorted runs of counted words in temporary files, and their merger (external sorting). A run holds words in the order
// of their bytes, each with its count and its place in the order of first appearance:
//
//     length, bytes, count, first     (numbers as little-endian base 128)
//
// Runs have no names: nothing is left of them, however the process ends.

import ApusCore

/// Runs of words, so few that they can be read side by side.
struct WordRuns: Sendable {
  private var files: [MappedFile] = []
  /// From so many on they become one.
  private static let most = 32

  var isEmpty: Bool { files.isEmpty }

  /// Adds a table as a run; `first` is added to the places of its words.
  /// - Throws: `inputOutput` where the system's folder for temporary files cannot be written.
  mutating func add(_ counts: WordCounts, first: Int) throws(ApusError) {
    let run = try Self.run { writer throws(ApusError) in
      for index in counts.indicesByWord {
        try writer.append(Array(counts.word(index)), counts.counts[index], first + index)
      }
    }
    files.append(run)
    guard files.count >= Self.most else { return }
    files = [
      try Self.run { writer throws(ApusError) in
        try merge { word, count, first throws(ApusError) in try writer.append(word, count, first) }
      }
    ]
  }

  private static func run(_ write: (WordRunWriter) throws(ApusError) -> Void) throws(ApusError) -> MappedFile {
    try TemporaryFile.mapped(prefix: "apus-words") { file throws(ApusError) in try write(WordRunWriter(file: file)) }
  }

  /// Calls `body` with every word of the runs once, in the order of their bytes, with the sum of its counts and its
  /// first place.
  func merge(
    _ body: (_ word: [UInt8], _ count: Int64, _ first: Int) throws(ApusError) -> Void
  ) throws(ApusError) {
    var readers = files.enumerated().map { WordRunReader($1, run: $0) }
    var heads = BinaryHeap<CountedWord>()
    for run in readers.indices { if let word = try readers[run].next() { heads.push(word) } }
    var current: CountedWord?
    while let head = heads.pop() {
      if let next = try readers[head.run].next() { heads.push(next) }
      if let word = current, word.bytes == head.bytes {
        current?.count = word.count.addingSaturating(head.count)
        current?.first = min(word.first, head.first)
      } else {
        if let word = current { try body(word.bytes, word.count, word.first) }
        current = head
      }
    }
    if let word = current { try body(word.bytes, word.count, word.first) }
  }
}

/// Writes the words of a run.
private struct WordRunWriter {
  let file: OutputFile

  func append(_ word: [UInt8], _ count: Int64, _ first: Int) throws(ApusError) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(word.count + 20)
    Self.append(UInt64(word.count), to: &bytes)
    bytes += word
    Self.append(UInt64(count), to: &bytes)
    Self.append(UInt64(first), to: &bytes)
    try file.write(bytes)
  }

  private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
    var value = value
    while value >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    bytes.append(UInt8(value))
  }
}

/// A word of a run.
private struct CountedWord: Comparable {
  var bytes: [UInt8]
  var count: Int64
  var first: Int
  var run: Int

  static func < (a: CountedWord, b: CountedWord) -> Bool {
    if a.bytes == b.bytes { return a.run < b.run }
    return a.bytes.lexicographicallyPrecedes(b.bytes)
  }
}

/// Reads a run front to back, and lets go of what it has read.
private struct WordRunReader {
  private let file: MappedFile
  private let run: Int
  private var place = 0
  private var released = 0
  /// Bytes that are held before they are let go.
  private static let held = 1 << 16

  init(_ file: MappedFile, run: Int) {
    self.file = file
    self.run = run
    file.advise(.sequential)
  }

  mutating func next() throws(ApusError) -> CountedWord? {
    guard place < file.count else { return nil }
    if place - released >= Self.held {
      file.release(released..<place)
      released = place
    }
    let length = try number()
    guard length <= file.count - place else { throw damage }
    let bytes = Array(file.bytes[place..<place + length])
    place += length
    return CountedWord(bytes: bytes, count: Int64(try number()), first: try number(), run: run)
  }

  private mutating func number() throws(ApusError) -> Int {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 63, by: 7) {
      guard place < file.count else { throw damage }
      let byte = file.bytes[place]
      place += 1
      value |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80, let number = Int(exactly: value) { return number }
    }
    throw damage
  }

  private var damage: ApusError {
    ApusError(
      .inputOutput, "a temporary file of words was changed by somebody else", file: file.path, place: "byte \(place)",
      remedy: "train again, with TMPDIR naming a folder of your own")
  }
}
