// What the tests of both formats share.

import ApusCore
import ApusFormats
import ApusTestSupport
import Foundation
import Testing

extension [UInt8] {
  /// Hands all bytes to a sink.
  func withUnsafeBytes(sending sink: TensorSink) throws(ApusError) {
    let outcome: Result<Void, ApusError> = withUnsafeBytes { bytes in
      do throws(ApusError) { return .success(try sink(bytes)) } catch { return .failure(error) }
    }
    try outcome.get()
  }
}

/// A file that a list of malformed files names.
struct MalformedFile: Sendable {
  let name: String
  let path: String
  /// nil: either is well.
  let mustReject: Bool?
}

/// The listed files whose names end so, with a line that says how many.
func malformedFiles(_ ending: String) throws -> [MalformedFile] {
  guard let folder = Fixtures.folder("conformance/gguf", for: "malformed \(ending)") else { return [] }
  let list = folder.appending(path: "malformed.json")
  guard FileSystem.exists(list.path) else {
    print("malformed \(ending): skipped, no list")
    return []
  }
  let files = (try JSON.read(list.path)["files"]?.array ?? []).compactMap { entry -> MalformedFile? in
    guard let name = entry["file"]?.string, name.hasSuffix(ending) else { return nil }
    let path = folder.appending(path: name).path
    return FileSystem.exists(path)
      ? MalformedFile(name: name, path: path, mustReject: entry["must_reject"]?.bool) : nil
  }
  print("malformed \(ending): \(files.count) cases")
  return files
}

/// Holds each file against what its list says about it; a refusal is a typed error that names file and place.
func judge(_ files: [MalformedFile], _ open: (String) throws -> Void) {
  for file in files {
    switch (file.mustReject, Result { try open(file.path) }) {
    case (true, .success): Issue.record("\(file.name) was accepted")
    case (false, .failure(let error)): Issue.record("\(file.name) was refused: \(error)")
    case (_, .failure(let error)):
      guard let error = error as? ApusError else {
        Issue.record("\(file.name): \(error)")
        continue
      }
      #expect(error.kind == .badData && error.file == file.path && error.place != nil, "\(error)")
    default: break
    }
  }
}
