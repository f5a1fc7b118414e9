// The keys and values of one sequence, for all layers: pages of 64 positions that never move, found through tables, so
// that a sequence grows without copying and pages can one day be shared. Keys are stored rotated. It knows no model.

import CApusKernels

/// The cache of one sequence; owned by one task at a time.
public final class KeyValueCache {
  /// Positions in one page: the tile by which attention merges keys.
  public static let pagePositions = Int(APUS_KEY_TILE)

  /// The number of layers.
  public let layers: Int
  /// Key-value heads in each layer.
  public let heads: Int
  /// Features of a head.
  public let headWidth: Int
  /// The most tokens that the sequence is meant to have, which fixes rotations that depend on it; nil: what it has by
  /// then.
  public let declaredLength: Int?
  /// Positions held: the position of the next token.
  public private(set) var count = 0

  // For each (layer, head): the addresses of its blocks in page order, with room for `capacity` pages.
  private var keyTable = UnsafeMutablePointer<UnsafePointer<Float>>.allocate(capacity: 0)
  private var valueTable = UnsafeMutablePointer<UnsafePointer<Float>>.allocate(capacity: 0)
  private var capacity = 0
  // Page p holds, for each layer and head, keys [headWidth, 64] then values [64, headWidth].
  private var pages: [Tensor] = []

  /// An empty cache for `layers` layers of `heads` key-value heads with `headWidth` features, for a sequence that is
  /// meant to have up to `declaredLength` tokens.
  public init(layers: Int, heads: Int, headWidth: Int, declaredLength: Int? = nil) {
    self.layers = layers
    self.heads = heads
    self.headWidth = headWidth
    self.declaredLength = declaredLength
  }

  deinit {
    keyTable.deallocate()
    valueTable.deallocate()
  }

  /// Bytes of all pages.
  public var bytes: Int { pages.reduce(0) { $0 + $1.count * MemoryLayout<Float>.stride } }

  /// Makes room for `positions` positions in all, so that steps up to there allocate nothing.
  public func reserve(_ positions: Int) {
    let needed = (positions + Self.pagePositions - 1) / Self.pagePositions
    growTables(to: needed)
    while pages.count < needed {
      pages.append(Tensor(rows: layers * heads, columns: 2 * blockSize))
      enter(page: pages.count - 1)
    }
  }

  /// Forgets the positions from `count` on; their pages stay for reuse.
  public func truncate(to count: Int) {
    precondition(count >= 0 && count <= self.count, "truncating \(self.count) positions to \(count)")
    self.count = count
  }

  /// Counts positions that every layer has written.
  public func advance(by positions: Int) {
    precondition(count + positions <= pages.count * Self.pagePositions, "positions beyond the pages")
    count += positions
  }

  // Blocks of one head in page order.
  func keyBlocks(layer: Int, head: Int) -> UnsafeMutablePointer<UnsafePointer<Float>> {
    keyTable + (layer * heads + head) * capacity
  }

  func valueBlocks(layer: Int, head: Int) -> UnsafeMutablePointer<UnsafePointer<Float>> {
    valueTable + (layer * heads + head) * capacity
  }

  private var blockSize: Int { headWidth * Self.pagePositions }

  private func growTables(to pageCount: Int) {
    guard pageCount > capacity else { return }
    keyTable.deallocate()
    valueTable.deallocate()
    capacity = max(pageCount, 2 * capacity, 8)
    keyTable = .allocate(capacity: layers * heads * capacity)
    valueTable = .allocate(capacity: layers * heads * capacity)
    for page in pages.indices { enter(page: page) }
  }

  private func enter(page: Int) {
    for index in 0..<layers * heads {
      let block = pages[page].row(index)
      (keyTable + index * capacity + page).initialize(to: UnsafePointer(block))
      (valueTable + index * capacity + page).initialize(to: UnsafePointer(block + blockSize))
    }
  }
}
