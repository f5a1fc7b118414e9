// The one error of the package: what went wrong, where, with which values, and what to do about it.
// It knows no command line; it only says which exit status a program should end with.

/// A failure that a person can act on: one sentence that names the file, the place in it and the remedy.
public struct ApusError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The sort of failure; each has its exit status, after BSD's sysexits.
  public enum Kind: Int32, Sendable {
    /// The caller asked for something that cannot be (64).
    case usage = 64
    /// Input that exists but is wrong: corrupt, truncated, inconsistent (65).
    case badData = 65
    /// Input that is not there (66).
    case missingInput = 66
    /// A fault of Apus itself (70).
    case fault = 70
    /// The operating system refused to read or write (74).
    case inputOutput = 74
    /// Stopped on request after saving what there was to save (130).
    case interrupted = 130
  }

  /// The sort of failure.
  public var kind: Kind
  /// What is wrong, with the values seen; no capital, no full stop.
  public var problem: String
  /// The file concerned, if there is one.
  public var file: String?
  /// The place in the file: a line, a byte offset, a key, a tensor's name.
  public var place: String?
  /// What the person can do about it.
  public var remedy: String?

  /// Makes an error; `problem` and `remedy` are clauses without capital and full stop.
  public init(_ kind: Kind, _ problem: String, file: String? = nil, place: String? = nil, remedy: String? = nil) {
    self.kind = kind
    self.problem = problem
    self.file = file
    self.place = place
    self.remedy = remedy
  }

  /// The exit status that a program should end with.
  public var exitStatus: Int32 { kind.rawValue }

  /// One sentence on one line: `file, place: problem; remedy`.
  public var description: String {
    let location = [file, place].compactMap { $0 }.joined(separator: ", ")
    let sentence = location.isEmpty ? problem : "\(location): \(problem)"
    return Self.visible(remedy.map { "\(sentence); \($0)" } ?? sentence)
  }

  // Names come from files: what would move a terminal's cursor or colour its text is spelt out.
  private static func visible(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard scalars.contains(where: { $0.properties.generalCategory == .control }) else { return text }
    return scalars.map { $0.properties.generalCategory == .control ? "\\u{\(String($0.value, radix: 16))}" : "\($0)" }
      .joined()
  }
}
