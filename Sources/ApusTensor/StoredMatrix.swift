// A weight as a file stores it: rows of numbers in memory that somebody else owns, read in place and never expanded as
// a whole. It knows no file format and no product; MatrixProduct unpacks a tile at a time.

public import ApusCore

/// A matrix `[rows, columns]` in pieces, each some rows of one tensor of a file: fused weights have several.
///
/// Sendable because nothing changes after it is made, and the owners keep the bytes.
public final class StoredMatrix: @unchecked Sendable {
  /// Rows that lie in one place.
  public struct Piece: @unchecked Sendable {
    /// How the numbers are written.
    public var numbers: StoredNumbers
    /// The place: whole rows, one after another.
    public var bytes: UnsafeRawBufferPointer
    /// How many rows the piece gives.
    public var rows: Int
    /// Which row of the place each of them is; nil: the same one.
    public var order: [Int32]?
    /// Keeps the bytes.
    public var owner: any ByteOwner

    /// Rows of `bytes`, in the given order.
    public init(
      _ numbers: StoredNumbers, _ bytes: UnsafeRawBufferPointer, rows: Int, order: [Int32]? = nil,
      owner: any ByteOwner
    ) {
      self.numbers = numbers
      self.bytes = bytes
      self.rows = rows
      self.order = order
      self.owner = owner
    }
  }

  /// The number of rows, of all pieces.
  public let rows: Int
  /// The number of columns.
  public let columns: Int
  /// The numbers of a row are unpacked from a multiple of this on.
  let blockLength: Int
  /// Whether a number takes fewer bits than float32 somewhere.
  public let isCompact: Bool
  /// The type of all numbers; nil where pieces differ.
  public var numbers: StoredNumbers? {
    let first = pieces.first?.numbers
    return pieces.allSatisfy { $0.numbers == first } ? first : nil
  }
  /// The bytes that all rows take.
  public let byteCount: Int

  private let pieces: [Piece]
  // What the inner loops read: no reference counts.
  private let spans: UnsafeMutableBufferPointer<Span>

  /// Joins pieces of `columns` columns, whose bytes and orders must fit: that is for the caller to check.
  public init(columns: Int, _ pieces: [Piece]) {
    self.columns = columns
    self.pieces = pieces
    rows = pieces.reduce(0) { $0 + $1.rows }
    blockLength = pieces.reduce(1) { max($0, $1.numbers.blockLength) }
    isCompact = pieces.contains(where: \.numbers.isCompact)
    byteCount = pieces.reduce(0) { $0 + $1.rows * $1.numbers.bytes(columns) }
    spans = .allocate(capacity: pieces.count)
    var first = 0
    for (index, piece) in pieces.enumerated() {
      spans.initializeElement(at: index, to: Span(piece, first: first, columns: columns))
      first += piece.rows
    }
  }

  deinit {
    for span in spans { span.order?.deallocate() }
    spans.deallocate()
  }

  /// Writes a part of some rows as float32, row after row; `columns` begins at a block.
  func unpack(
    _ rows: Range<Int>, columns: Range<Int>, to target: UnsafeMutablePointer<Float>, _ kernels: Kernels
  ) {
    var target = target
    for span in spans where span.end > rows.lowerBound && span.first < rows.upperBound {
      let offset = span.numbers.bytes(columns.lowerBound)
      for row in max(span.first, rows.lowerBound)..<min(span.end, rows.upperBound) {
        kernels.unpack(span.numbers, span.address(row) + offset, count: columns.count, to: target)
        target += columns.count
      }
    }
  }

  /// Where `rows` lie as float32, row after row; nil where they do not.
  func floats(_ rows: Range<Int>) -> UnsafePointer<Float>? {
    guard
      let span = spans.first(where: { $0.first <= rows.lowerBound && rows.upperBound <= $0.end }), span.isFloats
    else { return nil }
    return span.address(rows.lowerBound).assumingMemoryBound(to: Float.self)
  }

  /// Lets the memory of rows go that have been copied, front to back; of reordered pieces when the last row is among
  /// them.
  func release(_ rows: Range<Int>) {
    for (piece, span) in zip(pieces, spans) where span.end > rows.lowerBound && span.first < rows.upperBound {
      let local = max(span.first, rows.lowerBound) - span.first..<min(span.end, rows.upperBound) - span.first
      if piece.order == nil {
        let bytes = local.lowerBound * span.stride..<local.upperBound * span.stride
        piece.owner.release(UnsafeRawBufferPointer(rebasing: piece.bytes[bytes]))
      } else if local.upperBound == piece.rows {
        piece.owner.release(piece.bytes)
      }
    }
  }

  private struct Span {
    let first, end, stride: Int
    let numbers: StoredNumbers
    let base: UnsafeRawPointer
    let order: UnsafeMutablePointer<Int32>?
    /// Whether the rows are float32, aligned and in order.
    let isFloats: Bool

    init(_ piece: Piece, first: Int, columns: Int) {
      self.first = first
      end = first + piece.rows
      stride = piece.numbers.bytes(columns)
      numbers = piece.numbers
      let needed = piece.order.map { Int($0.max() ?? -1) + 1 } ?? piece.rows
      precondition(piece.bytes.count >= needed * stride, "the rows do not lie in their bytes")
      // Nothing is read through it where there are no bytes.
      base = piece.bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 64).unsafelyUnwrapped
      order = piece.order.map { rows in
        precondition(rows.count == piece.rows && rows.allSatisfy { $0 >= 0 }, "the order is of other rows")
        let copy = UnsafeMutablePointer<Int32>.allocate(capacity: rows.count)
        for (index, row) in rows.enumerated() { copy[index] = row }
        return copy
      }
      isFloats =
        numbers == .float32 && order == nil && UInt(bitPattern: base) % UInt(MemoryLayout<Float>.alignment) == 0
    }

    func address(_ row: Int) -> UnsafeRawPointer {
      let local = row - first
      return base + (order.map { Int($0[local]) } ?? local) * stride
    }
  }
}
