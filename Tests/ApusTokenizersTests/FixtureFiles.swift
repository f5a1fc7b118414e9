// Reads the tokenizer fixtures: JSON, plain or compressed.

import ApusCore
import ApusTestSupport
import Foundation

enum FixtureFiles {
  /// The content of a file, decompressed where its name ends in .gz.
  static func read(_ url: URL) throws -> [UInt8] {
    guard url.pathExtension == "gz" else { return Array(try Data(contentsOf: url)) }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["gzip", "-dc", url.path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Array(data)
  }

  /// The JSON values of a file with one a line.
  static func lines(_ url: URL) throws -> [JSON] {
    try read(url).split(separator: 0x0A).map { try JSON.parse(Array($0)) }
  }

  /// The value of an id list.
  static func ids(_ value: JSON?) -> [Int32]? { value?.array?.compactMap { $0.int.map(Int32.init) } }

  /// The bytes of base64.
  static func bytes(_ value: JSON?) -> [UInt8]? { value?.string.flatMap { Data(base64Encoded: $0) }.map { Array($0) } }
}
