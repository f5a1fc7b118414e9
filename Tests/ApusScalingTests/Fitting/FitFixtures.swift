// Tables of runs with fits by SciPy: fixtures/scaling/*.json, each fit with the name of its input and what was kept of
// it, in words that are read here.

import ApusCore
import ApusScaling
import ApusTestSupport
import Foundation

/// A fit with what it should give.
struct FitFixture {
  let name: String
  let table: RunTable
  let expected: JSON
  /// The input's name without folder and ending.
  let inputName: String
  /// How many rows the input has.
  let rowsOfInput: Int

  /// All fits of one approach in the fixtures whose input is at hand.
  static func all(approach: Int, for test: String) throws -> [FitFixture] {
    guard let folder = Fixtures.folder("scaling", for: test) else { return [] }
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    var found: [FitFixture] = []
    for file in files.sorted(by: { $0.path < $1.path }) where file.pathExtension == "json" {
      guard let object = try JSON.read(file.path).object else { continue }
      let fits = (object["fits"]?.object ?? object).filter { $0.1["approach"]?.int == approach }
      for (name, fit) in fits {
        guard let input = fit["input"]?.string, let filter = fit["filter"]?.string else { continue }
        let path = folder.deletingLastPathComponent().deletingLastPathComponent().appending(path: "\(input)")
        let scaling = path.deletingLastPathComponent().appending(path: "scaling/\(path.lastPathComponent)")
        guard let source = [path, scaling].first(where: { FileManager.default.fileExists(atPath: $0.path) }) else {
          continue
        }
        let rows = try FileSystem.readAll(source.path).count { $0 == 10 } - 1
        found.append(
          FitFixture(
            name: name, table: try table(source.path, filter), expected: fit,
            inputName: source.deletingPathExtension().lastPathComponent, rowsOfInput: rows))
      }
    }
    print("\(test): \(found.count) fits")
    return found
  }

  /// The rows that a fixture's words keep.
  private static func table(_ path: String, _ words: String) throws -> RunTable {
    var reading = RunTable.Reading()
    var dropped = 0
    for part in words.split(whereSeparator: { $0 == "," || $0 == ";" }) {
      let part = part.trimmingCharacters(in: .whitespaces)
      if part.hasPrefix("column ") { reading.columns[.loss] = String(part.dropFirst(7)) }
      if part.hasPrefix("drop the "), let count = part.split(separator: " ").dropFirst(2).first.flatMap({ Int($0) }) {
        dropped = count
      }
      if !part.contains(" "), let condition = try? RunCondition(part) { reading.conditions.append(condition) }
    }
    if reading.columns[.loss] == nil {
      // Where the words name no column, it is the one whose name begins so.
      let header = String(decoding: try FileSystem.readAll(path).prefix { $0 != 10 }, as: UTF8.self)
      reading.columns[.loss] = header.split(separator: ",").first { $0.hasPrefix("loss") }.map(String.init)
    }
    return try RunTable.read(path, reading).droppingHighestLosses(dropped)
  }
}
