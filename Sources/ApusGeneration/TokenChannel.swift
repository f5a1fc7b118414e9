// A bounded queue between one thread, which may block, and one task, which may not.

import ApusCore
import Dispatch
import Synchronization

/// Hands tokens from a producing thread to a consuming task.
final class TokenChannel: Sendable {
  private typealias Consumer = CheckedContinuation<Result<GeneratedToken?, ApusError>, Never>

  private struct State {
    var tokens: [GeneratedToken] = []
    var consumer: Consumer?
    var isFinished = false
    var isCancelled = false
    var failure: ApusError?

    /// What the consumer gets, or nil while it must wait.
    mutating func delivery() -> Result<GeneratedToken?, ApusError>? {
      if isCancelled { return .success(nil) }
      if !tokens.isEmpty { return .success(tokens.removeFirst()) }
      guard isFinished else { return nil }
      defer { failure = nil }
      return failure.map { .failure($0) } ?? .success(nil)
    }
  }

  private let state = Mutex(State())
  /// Counts free places; released once more on cancellation, so that a waiting producer sees it.
  private let room: DispatchSemaphore

  init(capacity: Int) {
    // A semaphore must not be destroyed below its initial value: so it starts at 0 and is raised.
    room = DispatchSemaphore(value: 0)
    for _ in 0..<capacity { room.signal() }
  }

  var isCancelled: Bool { state.withLock { $0.isCancelled } }

  /// Producer: blocks until there is room; false when nobody wants more.
  func waitForRoom() -> Bool {
    room.wait()
    return !isCancelled
  }

  /// Producer: hands over a token.
  func put(_ token: GeneratedToken) {
    settle { $0.tokens.append(token) }
  }

  /// Producer: no more tokens.
  func finish(_ failure: ApusError?) {
    settle {
      $0.isFinished = true
      $0.failure = failure
    }
  }

  /// Either side: ends everything; the consumer gets nil.
  func cancel() {
    settle { $0.isCancelled = true }
    room.signal()
  }

  /// Consumer: the next token; nil at the end or when the task is cancelled.
  func take() async throws(ApusError) -> GeneratedToken? {
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { (consumer: Consumer) in
        settle { $0.consumer = consumer }
      }
    } onCancel: {
      cancel()
    }
    return try result.get()
  }

  /// Changes the state and, where a consumer waits for what is there now, resumes it outside the lock.
  private func settle(_ change: (inout State) -> Void) {
    let ready: (Consumer, Result<GeneratedToken?, ApusError>)? = state.withLock { state in
      change(&state)
      guard let consumer = state.consumer, let delivery = state.delivery() else { return nil }
      state.consumer = nil
      return (consumer, delivery)
    }
    guard let (consumer, delivery) = ready else { return }
    if case .success(.some) = delivery { room.signal() }
    consumer.resume(returning: delivery)
  }
}
