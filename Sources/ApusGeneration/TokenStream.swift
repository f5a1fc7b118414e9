// Generation for async code: a thread of its own computes (never the cooperative pool), a small buffer joins it to the
// consumer. It computes ahead by a few tokens at most, and stops when the consumer's task is cancelled or the loop is
// left.

public import ApusCore
import Synchronization

/// Generated tokens, one by one, for `for try await`.
///
/// Each iteration is a generation of its own on a thread of its own. When the task is cancelled the iteration ends
/// (with nil, as in `AsyncStream`), and the thread stops before its next token or chunk of the prompt.
public struct TokenStream: AsyncSequence, Sendable {
  /// A token.
  public typealias Element = GeneratedToken
  /// What may go wrong.
  public typealias Failure = ApusError

  /// How many tokens the thread may be ahead of the consumer.
  static let lookahead = 4

  private let makeGenerator: @Sendable (_ isCancelled: @escaping @Sendable () -> Bool) throws(ApusError) -> Generator

  init(
    _ makeGenerator: @escaping @Sendable (_ isCancelled: @escaping @Sendable () -> Bool) throws(ApusError) -> Generator
  ) {
    self.makeGenerator = makeGenerator
  }

  /// Starts a generation; its thread begins with the first `next()`.
  public func makeAsyncIterator() -> Iterator {
    Iterator(makeGenerator)
  }

  /// Takes tokens from the generating thread.
  public struct Iterator: AsyncIteratorProtocol {
    private let production: Production

    init(_ make: @escaping @Sendable (_ isCancelled: @escaping @Sendable () -> Bool) throws(ApusError) -> Generator) {
      production = Production(make)
    }

    /// The next token; nil at the end or when the task is cancelled.
    public mutating func next() async throws(ApusError) -> GeneratedToken? {
      try await production.next()
    }

    /// The next token; nil at the end or when the task is cancelled.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(ApusError) -> GeneratedToken? {
      try await production.next()
    }
  }
}

/// One generation: the consumer's end. When nobody holds it any more the generation is cancelled.
private final class Production: Sendable {
  private let channel = TokenChannel(capacity: TokenStream.lookahead)
  private let make: @Sendable (_ isCancelled: @escaping @Sendable () -> Bool) throws(ApusError) -> Generator
  private let isStarted = Atomic(false)

  init(_ make: @escaping @Sendable (_ isCancelled: @escaping @Sendable () -> Bool) throws(ApusError) -> Generator) {
    self.make = make
  }

  deinit {
    channel.cancel()
  }

  func next() async throws(ApusError) -> GeneratedToken? {
    if !isStarted.exchange(true, ordering: .relaxed) { start() }
    return try await channel.take()
  }

  private func start() {
    let (channel, make) = (channel, make)
    let thread = NativeThread {
      do {
        let generator = try make { channel.isCancelled }
        while channel.waitForRoom(), let token = try generator.nextToken() { channel.put(token) }
        channel.finish(nil)
      } catch {
        channel.finish(error as? ApusError)
      }
    }
    guard let thread else {
      return channel.finish(ApusError(.fault, "the system refuses another thread", remedy: "run fewer at once"))
    }
    thread.detach()
  }
}
