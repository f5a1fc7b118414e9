// Memory for activations, handed out in order and taken back all at once or down to a mark. It grows while the first
// steps show how much is needed and then stays: a steady step allocates nothing.

/// Whole numbers in an arena's memory, which records may hold: rows, tokens and experts to look up.
struct Indices {
  // Keeps the memory.
  fileprivate let storage: TensorStorage
  let pointer: UnsafeMutablePointer<Int32>
}

/// A bump allocator of tensors.
final class Arena {
  /// A place to go back to.
  struct Mark {
    fileprivate var slab: Int
    fileprivate var used: Int
  }

  private var slabs: [TensorStorage] = []
  private var slab = 0
  private var used = 0

  /// Floats owned, in use or not.
  var capacity: Int { slabs.reduce(0) { $0 + $1.count } }

  var mark: Mark { Mark(slab: slab, used: used) }

  /// Memory for a tensor, with whatever it held before.
  func allocate(rows: Int, columns: Int) -> Tensor {
    let count = (rows * columns + 15) & ~15
    while slab < slabs.count && used + count > slabs[slab].count {
      slab += 1
      used = 0
    }
    if slab == slabs.count {
      slabs.append(TensorStorage(count: max(count, capacity, 1 << 14)))
    }
    defer { used += count }
    UnsafeMutableRawPointer(slabs[slab].base + used).bindMemory(to: Float.self, capacity: count)
    return Tensor(storage: slabs[slab], offset: used, rows: rows, columns: columns)
  }

  /// Memory for whole numbers, with whatever it held before.
  func allocateIndices(_ count: Int) -> Indices {
    let memory = allocate(rows: 1, columns: count)
    let pointer = UnsafeMutableRawPointer(memory.pointer).bindMemory(to: Int32.self, capacity: count)
    return Indices(storage: memory.storage, pointer: pointer)
  }

  /// Takes back what was handed out after `mark`.
  func release(to mark: Mark) {
    slab = mark.slab
    used = mark.used
  }

  /// Takes everything back; several slabs become one of their sum, so that the next round finds room in one piece.
  func reset() {
    if slabs.count > 1 {
      let total = capacity
      slabs.removeAll(keepingCapacity: true)
      slabs.append(TensorStorage(count: total))
    }
    slab = 0
    used = 0
  }
}
