// A text to learn from, seen as memory without being held in it: a file is mapped, standard input and pipes go through
// a temporary file first. Pages that were read can be let go, so that a large text takes little memory.

import ApusCore

/// A mapped text.
struct TextFile {
  /// All bytes.
  let bytes: UnsafeBufferPointer<UInt8>
  /// What errors and progress call it.
  let name: String
  private let file: MappedFile

  /// Calls `body` with the file at `path`, or with standard input where it is "-".
  static func with(_ path: String, _ console: Console, _ body: (TextFile) throws -> Void) throws {
    let file = try path == "-" ? spooled(console.input) : mapped(path)
    file.advise(.sequential)
    try file.withBytes { bytes in
      try bytes.withMemoryRebound(to: UInt8.self) { bytes in
        try body(TextFile(bytes: bytes, name: TextInput.name(path), file: file))
      }
    }
  }

  /// Lets go of what will not be read again soon.
  func release(_ range: Range<Int>) { file.release(range) }

  private static func mapped(_ path: String) throws(ApusError) -> MappedFile {
    try FileSystem.isStream(path) ? TemporaryFile.mapped(copyOf: path, prefix: "apus-input") : MappedFile(path)
  }

  /// A source as a file without a name.
  private static func spooled(_ source: any ByteSource) throws(ApusError) -> MappedFile {
    try TemporaryFile.mapped(prefix: "apus-input") { file throws(ApusError) in
      while true {
        let part = try source.read(upTo: 1 << 16)
        if part.isEmpty { return }
        try file.write(part)
      }
    }
  }
}
