// Memory for the gradients of activations. A gradient lives from its first touch in the backward pass until the
// operation that produced the activation has consumed it, so a handful of buffers serves a model of any depth.

/// A free list of buffers of any size: a handful, so it is searched from end to end. A dictionary makes objects at each
/// use.
final class GradientPool {
  private var free: [TensorStorage] = []
  /// Floats owned, in use or not.
  private(set) var capacity = 0

  /// A buffer with whatever it held before.
  func take(rows: Int, columns: Int) -> Tensor {
    let count = rows * columns
    if let index = free.lastIndex(where: { $0.count == count }) {
      return Tensor(storage: free.remove(at: index), offset: 0, rows: rows, columns: columns)
    }
    capacity += count
    return Tensor(storage: TensorStorage(count: count), offset: 0, rows: rows, columns: columns)
  }

  /// Takes a buffer back that `take` handed out.
  func giveBack(_ tensor: Tensor) {
    free.append(tensor.storage)
  }

  /// Frees all buffers that nobody holds.
  func drain() {
    free.removeAll()
    capacity = 0
  }
}
