// Folders that appear whole, replace an old one, and leave nothing behind where making them fails.

import ApusCore
import Foundation
import Testing

@Suite final class AtomicFolderTests {
  private let folder: String

  init() throws { folder = try FileSystem.makeTemporaryFolder(prefix: "apus-core") }

  deinit { try? FileSystem.remove(folder) }

  private func path(_ name: String) -> String { FileSystem.join(folder, name) }

  private func write(_ name: String, _ files: [String]) throws {
    try AtomicFolder.write(to: path(name)) { partial throws(ApusError) in
      for file in files { try AtomicFile.write(file, to: "\(partial)/\(file)") }
    }
  }

  @Test func aFolderAppearsAndReplacesTheOldOne() throws {
    try write("deep/er/f", ["a", "b"])
    #expect(try FileSystem.list(path("deep/er/f")) == ["a", "b"])
    try write("deep/er/f/", ["c"])
    #expect(try FileSystem.list(path("deep/er/f")) == ["c"])
    #expect(try FileSystem.list(path("deep/er")) == ["f"])
  }

  @Test func whatFailsLeavesTheOldFolderAndNoOther() throws {
    try write("f", ["a"])
    let error = #expect(throws: ApusError.self) {
      try AtomicFolder.write(to: self.path("f")) { partial throws(ApusError) in
        try AtomicFile.write("x", to: "\(partial)/x")
        throw ApusError(.badData, "no", file: "\(partial)/x")
      }
    }
    #expect(error?.file == "\(path("f"))/x", "named as it would have been")
    #expect(try FileSystem.list(path("f")) == ["a"])
    #expect(try FileSystem.list(folder) == ["f"])
  }

  @Test func aLinkStaysAndAFileIsRefused() throws {
    try write("real", ["a"])
    try FileManager.default.createSymbolicLink(atPath: path("link"), withDestinationPath: "real")
    try write("link", ["b"])
    #expect(try FileSystem.list(path("real")) == ["b"])
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path("link")) == "real")
    try AtomicFile.write("x", to: path("file"))
    #expect(throws: ApusError.self) { try self.write("file", ["a"]) }
    #expect(try FileSystem.readAll(path("file")) == Array("x".utf8))
  }

  @Test func theSameFileIsKnownUnderOtherNames() throws {
    try write("f", ["a"])
    try FileManager.default.createSymbolicLink(atPath: path("link"), withDestinationPath: "f")
    #expect(FileSystem.isSame(path("f"), path("./f/")) && FileSystem.isSame(path("link/a"), path("f/a")))
    #expect(!FileSystem.isSame(path("f"), path("f/a")) && !FileSystem.isSame(path("none"), path("none")))
  }
}
