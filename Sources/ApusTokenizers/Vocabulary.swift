// The tokens of a vocabulary as bytes, both ways: id → bytes and bytes → id. Ids may have gaps. It knows no model.

import ApusCore

/// Tokens by id and by content.
struct Vocabulary: Sendable {
  /// Ids from this on are refused: a damaged file must not make us reserve memory for them.
  static let idLimit = 1 << 24

  private var contents: ByteInterner
  /// For each string of `contents`, the id of the token that text is looked up by, or -1.
  private var idOfContent: [Int32] = []
  /// For each id its string in `contents`, or -1.
  private var contentOfID: [Int32] = []

  /// - Parameters:
  ///   - capacity: how many tokens to expect.
  ///   - bytes: how many bytes their texts have together, where that is known.
  init(capacity: Int = 256, bytes: Int = 0) {
    contents = ByteInterner(capacity: capacity, bytes: bytes)
    idOfContent.reserveCapacity(capacity)
    contentOfID.reserveCapacity(capacity)
  }

  /// The length in bytes of the longest token that text can be looked up as.
  private(set) var longest = 0

  /// One more than the greatest id.
  var size: Int { contentOfID.count }

  /// Adds a token.
  /// - Parameter isFound: whether text can be looked up as this token; false for those that only ids mean.
  /// - Throws: `badData` for an id out of range or twice, or a content twice.
  mutating func insert(_ bytes: [UInt8], id: Int, isFound: Bool = true) throws(ApusError) {
    try reserve(id)
    let content = bytes.withUnsafeBufferPointer { contents.intern($0) }
    try assign(content, id, isFound, length: bytes.count)
  }

  /// Adds a token from where its bytes lie.
  mutating func insert(_ bytes: UnsafeBufferPointer<UInt8>, id: Int, isFound: Bool = true) throws(ApusError) {
    try reserve(id)
    try assign(contents.intern(bytes), id, isFound, length: bytes.count)
  }

  private mutating func reserve(_ id: Int) throws(ApusError) {
    guard id >= 0 && id < Self.idLimit else {
      throw ApusError(.badData, "token id \(id) is out of range (0 to \(Self.idLimit - 1))")
    }
    while contentOfID.count <= id { contentOfID.append(-1) }
    guard contentOfID[id] < 0 else { throw ApusError(.badData, "two tokens have the id \(id)") }
  }

  private mutating func assign(
    _ content: (index: Int, isNew: Bool), _ id: Int, _ isFound: Bool, length: Int
  ) throws(ApusError) {
    if content.isNew { idOfContent.append(-1) }
    contentOfID[id] = Int32(content.index)
    guard isFound else { return }
    guard idOfContent[content.index] < 0 else {
      throw ApusError(.badData, "the tokens \(idOfContent[content.index]) and \(id) are the same text")
    }
    idOfContent[content.index] = Int32(id)
    longest = max(longest, length)
  }

  /// The bytes of a token, or nil where there is none.
  func bytes(of id: Int32) -> ArraySlice<UInt8>? {
    guard id >= 0, id < contentOfID.count, contentOfID[Int(id)] >= 0 else { return nil }
    return contents[Int(contentOfID[Int(id)])]
  }

  /// Appends the bytes of a token, if there is one.
  func append(_ id: Int32, to bytes: inout [UInt8]) {
    if let content = self.bytes(of: id) { bytes.append(contentsOf: content) }
  }

  /// The token with this content.
  @inline(__always) func id(of bytes: UnsafeBufferPointer<UInt8>) -> Int32? {
    guard let content = contents.index(of: bytes), idOfContent[content] >= 0 else { return nil }
    return idOfContent[content]
  }

  /// The token with this content.
  func id(of bytes: [UInt8]) -> Int32? { bytes.withUnsafeBufferPointer { id(of: $0) } }

  /// Whether text can be looked up as this token.
  func isFound(_ id: Int32) -> Bool { bytes(of: id).flatMap { self.id(of: Array($0)) } == id }

  /// All ids that have a token, in order.
  var ids: [Int32] { contentOfID.indices.filter { contentOfID[$0] >= 0 }.map(Int32.init) }

  /// Calls `body` with every token that text can be looked up as.
  func forEachContent(_ body: (UnsafeBufferPointer<UInt8>) -> Void) {
    contents.forEach { index, bytes in if idOfContent[index] >= 0 { body(bytes) } }
  }
}
