// The text of a TokenStream: pieces of whole characters, none empty.

public import ApusCore

/// Generated text, piece by piece, for `for try await`; see `TokenStream`.
public struct TextStream: AsyncSequence, Sendable {
  /// A piece of text.
  public typealias Element = String
  /// What may go wrong.
  public typealias Failure = ApusError

  private let tokens: TokenStream

  init(_ tokens: TokenStream) {
    self.tokens = tokens
  }

  /// Starts a generation; its thread begins with the first `next()`.
  public func makeAsyncIterator() -> Iterator {
    Iterator(tokens.makeAsyncIterator())
  }

  /// Takes pieces of text from the generating thread.
  public struct Iterator: AsyncIteratorProtocol {
    private var tokens: TokenStream.Iterator

    init(_ tokens: TokenStream.Iterator) {
      self.tokens = tokens
    }

    /// The next piece that is not empty; nil at the end or when the task is cancelled.
    public mutating func next() async throws(ApusError) -> String? {
      while let token = try await tokens.next() {
        if !token.text.isEmpty { return token.text }
      }
      return nil
    }

    /// The next piece that is not empty; nil at the end or when the task is cancelled.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(ApusError) -> String? {
      try await next()
    }
  }
}
