import Foundation

/// Whether checks that take minutes are wanted: `APUS_LONG=1`.
let longChecks = ProcessInfo.processInfo.environment["APUS_LONG"] == "1"
