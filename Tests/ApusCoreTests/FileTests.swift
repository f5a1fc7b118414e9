// Files: whole reading, mapping, atomic writing, and the sentence for everything that can be wrong with a path.

import ApusCore
import Foundation
import Testing

@Suite final class FileTests {
  private let folder: String

  init() throws { folder = try FileSystem.makeTemporaryFolder(prefix: "apus-core") }

  deinit { try? FileSystem.remove(folder) }

  private func path(_ name: String) -> String { FileSystem.join(folder, name) }

  @Test(arguments: [0, 1, 4095, 4096, 4097, 200_000])
  func whatIsWrittenIsReadAndMapped(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try AtomicFile.write(bytes, to: path("f"))
    #expect(try FileSystem.readAll(path("f")) == bytes)
    let mapped = try MappedFile(path("f"))
    #expect(mapped.count == count)
    #expect(mapped.withBytes { Array($0) } == bytes)
    mapped.advise(.willNeed)
    mapped.release(0..<count)
    #expect(mapped.withBytes { Array($0) } == bytes)
    #expect(try FileSystem.size(path("f")) == count)
  }

  @Test func aLinkStaysAndLeadsToTheNewFile() throws {
    try AtomicFile.write("old", to: path("real"))
    try FileManager.default.createSymbolicLink(atPath: path("link"), withDestinationPath: "real")
    try AtomicFile.write("new", to: path("link"))
    #expect(try FileSystem.readAll(path("real")) == Array("new".utf8))
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path("link")) == "real")
  }

  @Test func pipesAreNotReplaced() throws {
    #expect(mkfifo(path("pipe"), 0o600) == 0)
    let error = #expect(throws: ApusError.self) { try AtomicFile.write("x", to: path("pipe")) }
    #expect(error?.kind == .inputOutput && error?.problem.contains("pipe") == true)
    #expect(try FileSystem.list(folder) == ["pipe"])
  }

  @Test(.timeLimit(.minutes(1))) func pipesAreNotMappedAndNotWaitedFor() throws {
    #expect(mkfifo(path("pipe"), 0o600) == 0)
    let error = #expect(throws: ApusError.self) { try MappedFile(path("pipe")) }
    #expect(error?.kind == .missingInput && error?.problem.contains("pipe") == true)
  }

  @Test func namesFromFilesDoNotSpeakToTheTerminal() {
    let error = ApusError(.badData, "unexpected: a\u{1B}[31m\nb\u{9B}c", file: "ü.gguf", place: "tensor `\u{7}`")
    #expect(error.description == #"ü.gguf, tensor `\u{7}`: unexpected: a\u{1b}[31m\u{a}b\u{9b}c"#)
  }

  @Test func filesThatDoNotTellTheirSizeAreReadToTheEnd() throws {
    #if os(Linux)
      let status = try FileSystem.readAll("/proc/self/status")
      #expect(String(decoding: status, as: UTF8.self).contains("VmRSS"))
    #endif
    #expect(try FileSystem.readAll("/dev/null").isEmpty)
  }

  @Test func aMissingFileIsMissingInput() throws {
    for read in [{ p in _ = try FileSystem.readAll(p) }, { p in _ = try MappedFile(p) }] as [(String) throws -> Void] {
      let error = #expect(throws: ApusError.self) { try read(path("none")) }
      #expect(error?.kind == .missingInput)
      #expect(error?.file == path("none"))
      #expect(error?.remedy != nil)
    }
  }

  @Test func aFolderIsNoFile() throws {
    for read in [{ p in _ = try FileSystem.readAll(p) }, { p in _ = try MappedFile(p) }] as [(String) throws -> Void] {
      let error = #expect(throws: ApusError.self) { try read(folder) }
      #expect(error?.problem == "this is a folder where a file is expected")
    }
    let error = #expect(throws: ApusError.self) { try AtomicFile.write("x", to: folder) }
    #expect(error?.kind == .inputOutput)
    try AtomicFile.write("x", to: path("f"))
    #expect(throws: ApusError.self) { try FileSystem.list(path("f")) }
    #expect(throws: ApusError.self) { try FileSystem.makeFolders(path("f/g")) }
    #expect(throws: ApusError.self) { try FileSystem.readAll(path("f/g")) }
  }

  @Test func aFailedWriteLeavesTheOldFileAndNothingElse() throws {
    try AtomicFile.write("old", to: path("f"))
    #expect(throws: ApusError.self) {
      try AtomicFile.write(to: path("f")) { file throws(ApusError) in
        try file.write([UInt8](repeating: 1, count: 100_000))
        throw ApusError(.fault, "stop")
      }
    }
    #expect(try FileSystem.readAll(path("f")) == Array("old".utf8))
    #expect(try FileSystem.list(folder) == ["f"])
  }

  @Test func aFolderThatIsNotThereIsNamedByTheWriter() throws {
    let error = #expect(throws: ApusError.self) { try AtomicFile.write("x", to: path("none/f")) }
    #expect(error?.kind == .inputOutput)
    #expect(error?.file == path("none/f"))
  }

  @Test func aFullDiskIsSaidToBeFull() throws {
    #if os(Linux)
      // The device that is always full.
      let error = #expect(throws: ApusError.self) {
        let file = try OutputFile(appendingTo: "/dev/full")
        try file.write("x")
        try file.synchronize()
      }
      #expect(error?.kind == .inputOutput)
      #expect(error?.description == "/dev/full: the disk is full; free some space or choose another disk")
    #endif
  }

  @Test func aReadOnlyFolderIsSaidToBeSo() throws {
    #if os(Linux)
      // A file system that nobody can write to, not even root.
      let error = #expect(throws: ApusError.self) { try AtomicFile.write("x", to: "/proc/apus") }
      #expect(error?.kind == .inputOutput)
      #expect(error?.file == "/proc/apus")
      #expect(error?.remedy != nil)
    #endif
  }

  @Test func logsGrowAndAreCut() throws {
    for line in ["one\n", "two\n"] {
      let log = try OutputFile(appendingTo: path("log"))
      try log.write(line)
      try log.flush()
      #expect(try FileSystem.readAll(path("log")).suffix(4) == Array(line.utf8)[...])
      try log.close()
    }
    let log = try OutputFile(appendingTo: path("log"), keeping: 4)
    try log.write("three\n")
    try log.close()
    #expect(try FileSystem.readAll(path("log")) == Array("one\nthree\n".utf8))
  }

  @Test func foldersAreMadeListedAndRemoved() throws {
    try FileSystem.makeFolders(path("a/b/c/"))
    try FileSystem.makeFolders(path("a/b"))
    try AtomicFile.write("x", to: path("a/b/f"))
    #expect(try FileSystem.list(path("a/b")) == ["c", "f"])
    #expect(FileSystem.isFolder(path("a/b")) && FileSystem.isFile(path("a/b/f")))
    try FileSystem.remove(path("a"))
    #expect(!FileSystem.exists(path("a")))
    try FileSystem.remove(path("a"))
    try FileSystem.removeFile(path("a"))
  }

  @Test func leftoversOfKilledWritersGo() throws {
    try AtomicFile.write("x", to: path(".f.12.34.partial"))
    try AtomicFile.write("x", to: path("f"))
    try AtomicFile.removeLeftovers(in: folder)
    #expect(try FileSystem.list(folder) == ["f"])
  }

  @Test(arguments: [
    ("a/b", "a", "b"), ("/a", "/", "a"), ("a", "", "a"), ("a/b/", "a", "b"), ("/", "", "/"), ("/a/b//", "/a", "b"),
  ])
  func pathsAreTakenApart(path: String, parent: String, name: String) {
    if path != "/" { #expect(FileSystem.parent(of: path) == parent) }
    if path != "/" { #expect(FileSystem.name(of: path) == name) }
    #expect(
      FileSystem.join("a", "b") == "a/b" && FileSystem.join("a/", "b") == "a/b" && FileSystem.join("a", "/b") == "/b")
  }
}

@Suite(.serialized) struct PlatformTests {
  @Test func theMachineIsDescribed() {
    #expect(Platform.processorCount >= 1)
    #expect(Platform.machineMemory > 1 << 20)
    #expect(Platform.residentMemory > 1 << 20)
    #expect(Platform.peakMemory >= 1 << 20)
    let before = Clock.nanoseconds()
    Platform.sleep(seconds: 0.002)
    #expect(Clock.nanoseconds() - before >= 2_000_000)
  }

  @Test func aStopSignalRaisesTheFlag() {
    StopSignal.install()
    defer { StopSignal.uninstall() }
    #expect(!StopSignal.isRaised)
    kill(getpid(), SIGTERM)
    // A busy machine delivers it late, and then it must still find the handler.
    for _ in 0..<5000 where !StopSignal.isRaised { Platform.sleep(seconds: 0.002) }
    #expect(StopSignal.isRaised)
  }
}
