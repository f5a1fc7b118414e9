// Checksums: a file's, taken piece after piece, is that of its bytes, and every changed byte shows.

import ApusCore
import Testing

@testable import ApusTraining

@Suite struct ChecksumTests {
  private func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) } }

  @Test(arguments: [0, 1, 7, 8, 9, 4096, 16 << 20, (16 << 20) + 13]) func aFilesIsThatOfItsBytes(count: Int) throws {
    let folder = try FileSystem.makeTemporaryFolder()
    defer { try? FileSystem.remove(folder) }
    let content = bytes(count)
    try AtomicFile.write(content, to: folder + "/file")
    #expect(Checksum.of(try MappedFile(folder + "/file")) == Checksum.of(content))
  }

  @Test func everyByteCounts() {
    let content = bytes(29)
    let expected = Checksum.of(content)
    for index in content.indices {
      var other = content
      other[index] ^= 1
      #expect(Checksum.of(other) != expected)
    }
    #expect(Checksum.of(content + [0]) != expected && Checksum.of(Array(content.dropLast())) != expected)
  }
}
