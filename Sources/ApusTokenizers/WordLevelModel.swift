// A vocabulary of whole pieces: each piece is one token. With the text cut into characters it is the character
// vocabulary of nanoGPT. It knows not how the text is cut.

/// Looks each piece up as it stands.
struct WordLevelModel: Sendable {
  let vocabulary: Vocabulary
  /// Stands for pieces that the vocabulary lacks; without it, encoding one is an error.
  let unknown: Int32?

  /// The token of a piece, or nil where nothing stands for it.
  @inline(__always) func token(of piece: UnsafeBufferPointer<UInt8>) -> Int32? { vocabulary.id(of: piece) ?? unknown }
}
