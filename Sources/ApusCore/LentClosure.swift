// A closure that does not escape, lent to other threads while its owner waits. Swift has one way to say this,
// `withoutActuallyEscaping`, and it makes an object at every call: hundreds in a training step. Here the closure's two
// words (code and context, as any argument is passed) are taken and called again by functions that see them as
// pointers.
//
// It rests on the calling convention: a closure argument is passed as two pointers are. Should a compiler ever pass it
// otherwise, every test of ThreadPool fails at its first region. It knows nothing of threads.

/// The words of a closure; valid inside `lend` alone.
struct LentClosure: @unchecked Sendable {
  typealias Body = (_ index: Int, _ worker: Int) -> Void

  private let function: UnsafeRawPointer?
  private let context: UnsafeRawPointer?

  /// Calls `use` with the words of `body`, which must not outlive the call.
  ///
  /// The words are taken twice, for the optimiser's sake: it cannot see that `use` calls `body`, and what a call of
  /// unknown code with `body` before and after it may read and write, it neither holds back nor remembers.
  @inline(never)
  static func lend(_ body: Body, to use: (LentClosure) -> Void) {
    let door = unsafeBitCast(
      TakesWords { LentClosure(function: $0, context: $1) }, to: TakesBody.self)
    use(door.take(body))
    _ = door.take(body)
  }

  func callAsFunction(_ index: Int, _ worker: Int) {
    let door = unsafeBitCast(CallsBody { body, index, worker in body(index, worker) }, to: CallsWords.self)
    door.call(function, context, index, worker)
  }

  // The same functions as seen from both sides. Structs, because a bare function is cast in another form.
  private struct TakesBody { let take: (Body) -> LentClosure }
  private struct TakesWords { let take: (UnsafeRawPointer?, UnsafeRawPointer?) -> LentClosure }
  private struct CallsBody { let call: (Body, Int, Int) -> Void }
  private struct CallsWords { let call: (UnsafeRawPointer?, UnsafeRawPointer?, Int, Int) -> Void }
}
