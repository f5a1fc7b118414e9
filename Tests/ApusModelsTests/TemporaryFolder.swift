// A folder for one test, gone at its end.

import ApusCore
import Foundation

/// Calls `body` with an empty folder.
func inTemporaryFolder(_ body: (String) throws -> Void) throws {
  let folder = try FileSystem.makeTemporaryFolder()
  defer { try? FileSystem.remove(folder) }
  try body(folder)
}
