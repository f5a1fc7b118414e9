// How this program was started, so that the commands it recommends can be typed where the user stands.

import ApusCore

/// The words before a subcommand.
enum Invocation {
  /// `swift run -c release apus` within the package that built the program; otherwise the program as it was called.
  static func words(program: String, isInPackage: Bool) -> String {
    if program.contains("/.build/") || program.hasPrefix(".build/") {
      return isInPackage ? "swift run -c release apus" : quoted(program)
    }
    return FileSystem.name(of: program) == "apus" ? quoted(program) : "apus"
  }

  /// The words for this process.
  static func words() -> String {
    words(
      program: CommandLine.arguments.first ?? "apus",
      isInPackage: FileSystem.isFile("Package.swift") && FileSystem.isFolder("Sources/apus"))
  }

  /// A word for a shell.
  static func quoted(_ word: String) -> String {
    let plain = word.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || "/._-+=:,@%".utf8.contains(byte)
    }
    return plain && !word.isEmpty
      ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
