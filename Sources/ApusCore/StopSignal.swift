// A person's wish to stop, as a flag. The first SIGINT or SIGTERM raises it, so that a training run can save and a
// generator can end its line; the second ends the process at once. The handler does nothing but what is safe inside a
// signal.

import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Raised by the first SIGINT or SIGTERM after `install()`.
public enum StopSignal {
  private static let received = Atomic<Int32>(0)

  /// From now on the first SIGINT or SIGTERM only raises the flag; the second ends the process with status 130.
  public static func install() {
    // Touches the flag first: the handler must not be the one to initialise it.
    received.store(0, ordering: .relaxed)
    signal(SIGINT, handle)
    signal(SIGTERM, handle)
  }

  /// Gives both signals their ordinary effect back and lowers the flag.
  public static func uninstall() {
    signal(SIGINT, SIG_DFL)
    signal(SIGTERM, SIG_DFL)
    received.store(0, ordering: .relaxed)
  }

  /// Whether someone has asked to stop.
  public static var isRaised: Bool { received.load(ordering: .relaxed) > 0 }

  /// Raises the flag as a signal would; for tests and for programs with their own way to ask.
  public static func raise() { received.wrappingAdd(1, ordering: .relaxed) }

  private static let handle: @convention(c) (Int32) -> Void = { _ in
    if received.wrappingAdd(1, ordering: .relaxed).newValue > 1 { _exit(ApusError.Kind.interrupted.rawValue) }
  }
}
