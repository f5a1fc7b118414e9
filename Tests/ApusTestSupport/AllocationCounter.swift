// What the allocator was asked for, as Tests/Allocations/count-allocations.c counts it where Scripts/check-allocations
// has preloaded it. It knows nothing of what is measured.

import Foundation

/// The calls of the allocator so far, by all threads.
package struct AllocationCounter {
  /// Calls of one interval.
  package struct Counts: Sendable, Equatable {
    /// All calls.
    package var all: Int
    /// Those of 4 KiB or more.
    package var large: Int
  }

  private typealias Read = @convention(c) () -> Int
  private let all: Read
  private let large: Read

  /// Whether somebody counts.
  package static var isThere: Bool { AllocationCounter() != nil }

  /// Nil where nobody counts.
  package init?() {
    guard let all = Self.function("apus_allocations"), let large = Self.function("apus_large_allocations") else {
      return nil
    }
    self.all = all
    self.large = large
  }

  /// The calls that `body` makes.
  package func counts(_ body: () throws -> Void) rethrows -> Counts {
    let before = Counts(all: all(), large: large())
    try body()
    return Counts(all: all() - before.all, large: large() - before.large)
  }

  private static func function(_ name: String) -> Read? {
    dlsym(dlopen(nil, RTLD_NOW), name).map { unsafeBitCast($0, to: Read.self) }
  }
}
