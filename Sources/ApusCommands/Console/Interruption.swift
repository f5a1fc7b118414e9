// A wish to stop, seen by long work between its steps. Signals, a cancelled task and tests set it.

public import ApusCore
import ApusTensor
import Synchronization

/// A flag that is raised once: somebody asks the work to save what there is to save and end.
public final class Interruption: Sendable {
  private let flag = Atomic(false)
  private let isWatching = Atomic(false)

  /// Not yet requested.
  public init() {}

  /// Whether the work should end.
  public var isRequested: Bool {
    flag.load(ordering: .relaxed) || (isWatching.load(ordering: .relaxed) && StopSignal.isRaised)
  }

  /// Asks the work to end.
  public func request() {
    flag.store(true, ordering: .relaxed)
  }

  /// Throws `interrupted` if the work should end.
  public func check() throws(ApusError) {
    if isRequested { throw ApusError(.interrupted, "interrupted") }
  }

  /// From now on SIGINT and SIGTERM are such a wish; the second ends the process at once.
  func watchSignals() {
    if isWatching.exchange(true, ordering: .relaxed) { return }
    StopSignal.install()
  }
}

extension Workspace {
  /// A workspace whose passes end when somebody asks to stop.
  static func stopped(by interruption: Interruption) throws(ApusError) -> Workspace {
    let workspace = try Workspace()
    workspace.check = { () throws(ApusError) in try interruption.check() }
    return workspace
  }
}
