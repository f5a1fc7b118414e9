// Many texts at once, on all threads, into one row of ids without padding. The ids do not depend on the threads.

public import ApusCore
import Synchronization

/// The ids of many texts one behind another.
public struct TokenBatch: Sendable, Equatable {
  /// The ids of all texts.
  public let ids: [Int32]
  /// Where the ids of each text begin, and the end of the last.
  public let starts: [Int]

  /// The number of texts.
  public var count: Int { starts.count - 1 }

  /// The ids of one text.
  public subscript(index: Int) -> ArraySlice<Int32> { ids[starts[index]..<starts[index + 1]] }
}

extension Tokenizer {
  /// The ids of many texts, worked on by all threads of `pool`.
  /// - Parameters:
  ///   - texts: the bytes of each text.
  ///   - special: what happens to special tokens that are written in them.
  ///   - pool: the threads.
  /// - Throws: what encoding throws for the first text that cannot be encoded; the place begins with its number.
  public func encodeBatch(
    _ texts: [[UInt8]], special: SpecialTokenPolicy = .plainText, pool: ThreadPool = .shared
  ) throws(ApusError) -> TokenBatch {
    let outcomes = Mutex([Result<[Int32], ApusError>?](repeating: nil, count: texts.count))
    pool.run(texts.count) { index, _ in
      let outcome = Result { () throws(ApusError) in try encode(texts[index], special: special) }
      outcomes.withLock { $0[index] = outcome }
    }
    var ids: [Int32] = []
    var starts = [0]
    starts.reserveCapacity(texts.count + 1)
    for (index, outcome) in outcomes.withLock({ $0 }).enumerated() {
      do throws(ApusError) { ids += try outcome?.get() ?? [] } catch {
        var error = error
        error.place = "text \(index)" + (error.place.map { ", \($0)" } ?? "")
        throw error
      }
      starts.append(ids.count)
    }
    return TokenBatch(ids: ids, starts: starts)
  }
}
