// The file of words with frequencies that the textbook's trainer starts from: one word a line, then its count. A word
// may also be written as symbols separated by spaces; the count is always what stands last. Blank lines are skipped.
// The order of the lines decides ties.
//
//     low 5
//     n e w e s t 6

public import ApusCore

/// Reads words with frequencies.
public enum WordCountsFile {
  /// The words and counts of a file's bytes, in order; a word written as symbols is put together.
  /// - Throws: `badData` naming the line that is not a word with a count, or a word that comes twice.
  public static func parse(_ bytes: [UInt8], file: String? = nil) throws(ApusError) -> [(word: [UInt8], count: Int64)] {
    var entries: [(word: [UInt8], count: Int64)] = []
    var seen = ByteInterner()
    for (number, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      let fields = line.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
      if fields.isEmpty { continue }
      let place = "line \(number + 1)"
      let written = fields.last.flatMap { Int64(String(decoding: $0, as: UTF8.self)) }
      guard fields.count > 1, let count = written, count > 0 else {
        throw ApusError(
          .badData, "expected a word and its count, found '\(String(decoding: line, as: UTF8.self))'", file: file,
          place: place, remedy: "write lines such as 'low 5', the count a whole number from 1 to \(Int64.max)")
      }
      let word = Array(fields.dropLast().joined())
      guard seen.intern(word).isNew else {
        let name = String(decoding: word, as: UTF8.self)
        throw ApusError(
          .badData, "the word '\(name)' comes twice", file: file, place: place, remedy: "add the counts up")
      }
      entries.append((word, count))
    }
    guard !entries.isEmpty else {
      throw ApusError(.badData, "there are no words", file: file, remedy: "write lines such as 'low 5'")
    }
    return entries
  }
}
