// Sorted runs of counted words in temporary files, and their merger (external sorting). A run holds words in the order
// of their bytes, each with its count and its place in the order of first appearance:
//
//     length, bytes, count, first     (numbers as little-endian base 128)
//
// The folder goes when nobody holds it any more.

import ApusCore
import Synchronization

/// A folder of runs.
final class WordRuns: Sendable {
  private let folder: String
  private let written = Mutex<Int>(0)

  /// - Throws: `inputOutput` where the system's folder for temporary files cannot be written.
  init() throws(ApusError) { folder = try FileSystem.makeTemporaryFolder(prefix: "apus-words") }

  deinit { try? FileSystem.remove(folder) }

  /// Writes a table as a run and gives its path; `first` is added to the places of its words.
  func write(_ counts: WordCounts, first: Int) throws(ApusError) -> String {
    let number = written.withLock { number in
      number += 1
      return number
    }
    let path = FileSystem.join(folder, "\(number).words")
    let file = try OutputFile(appendingTo: path)
    var bytes: [UInt8] = []
    for index in counts.indicesByWord {
      let word = counts.word(index)
      bytes.removeAll(keepingCapacity: true)
      Self.append(UInt64(word.count), to: &bytes)
      bytes += word
      Self.append(UInt64(counts.counts[index]), to: &bytes)
      Self.append(UInt64(first + index), to: &bytes)
      try file.write(bytes)
    }
    try file.close()
    return path
  }

  private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
    var value = value
    while value >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    bytes.append(UInt8(value))
  }

  /// Calls `body` with every word of the runs once, in the order of their bytes, with the sum of its counts and its
  /// first place.
  static func merge(
    _ paths: [String], _ body: (_ word: [UInt8], _ count: Int64, _ first: Int) -> Void
  ) throws(ApusError) {
    var readers: [WordRunReader] = []
    var heads = BinaryHeap<CountedWord>()
    for (run, path) in paths.enumerated() {
      var reader = WordRunReader(try MappedFile(path), run: run)
      if let word = try reader.next() { heads.push(word) }
      readers.append(reader)
    }
    var current: CountedWord?
    while let head = heads.pop() {
      if let next = try readers[head.run].next() { heads.push(next) }
      if let word = current, word.bytes == head.bytes {
        current?.count = word.count.addingSaturating(head.count)
        current?.first = min(word.first, head.first)
      } else {
        if let word = current { body(word.bytes, word.count, word.first) }
        current = head
      }
    }
    if let word = current { body(word.bytes, word.count, word.first) }
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

  init(_ file: MappedFile, run: Int) {
    self.file = file
    self.run = run
    file.advise(.sequential)
  }

  mutating func next() throws(ApusError) -> CountedWord? {
    guard place < file.count else { return nil }
    if place - released > 1 << 18 {
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
