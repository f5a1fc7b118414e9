// The built `apus` as a process of its own: for what only a process can show, such as dying, signals and limits.

import ApusCore
import Foundation
import Testing

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A running `apus`, whose streams go to files.
final class ChildProcess {
  private let process = Process()
  private let folder: String

  /// The program beside the test bundle.
  static var executable: String {
    get throws {
      let beside =
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
      let path = URL(filePath: beside).deletingLastPathComponent().appending(path: "apus").path
      try #require(FileManager.default.isExecutableFile(atPath: path), "the tests' build has no apus at \(path)")
      return path
    }
  }

  /// Starts the program, by `shell` where that is given: a line that ends in `exec "$@"` after it set limits.
  init(_ arguments: [String], shell: String? = nil) throws {
    folder = try FileSystem.makeTemporaryFolder(prefix: "apus-child")
    let executable = try Self.executable
    process.executableURL = URL(filePath: shell == nil ? executable : "/bin/sh")
    process.arguments = shell.map { ["-c", $0, "sh", executable] + arguments } ?? arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try Self.create(folder + "/output")
    process.standardError = try Self.create(folder + "/error")
    try process.run()
  }

  deinit {
    send(SIGKILL)
    try? FileSystem.remove(folder)
  }

  /// Whether it has not ended.
  var isRunning: Bool { process.isRunning }

  /// What it has written to standard error so far.
  var error: String { (try? String(decoding: FileSystem.readAll(folder + "/error"), as: UTF8.self)) ?? "" }

  /// Sends a signal, unless it has ended.
  func send(_ signal: Int32) {
    if process.isRunning { kill(process.processIdentifier, signal) }
  }

  /// Waits for the end.
  /// - Returns: what it left; the status is −n where signal n ended it.
  func wait() -> Outcome {
    process.waitUntilExit()
    let status = process.terminationStatus
    let output = (try? String(decoding: FileSystem.readAll(folder + "/output"), as: UTF8.self)) ?? ""
    return Outcome(
      status: process.terminationReason == .uncaughtSignal ? -status : status, output: output, error: error)
  }

  private static func create(_ path: String) throws -> FileHandle {
    try AtomicFile.write("", to: path)
    return try #require(FileHandle(forWritingAtPath: path))
  }
}
