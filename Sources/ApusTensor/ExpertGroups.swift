// Where the tokens of a batch go: the experts of each, and their rows once they are grouped by expert, so that each
// expert multiplies rows that lie together. It knows no weight and no probability.

/// The routes of T tokens to k of E experts each. Route (t, r) leads token t to its expert of rank r; grouped rows are
/// the routes in the order of their experts and, within one, of their tokens.
struct ExpertGroups {
  let tokenCount: Int
  let ranks: Int
  let experts: Int
  private let memory: Indices

  /// Groups that are meaningful once `chosen` is written and `group` has run.
  init(tokens: Int, ranks: Int, experts: Int, in arena: Arena) {
    tokenCount = tokens
    self.ranks = ranks
    self.experts = experts
    memory = arena.allocateIndices(3 * tokens * ranks + experts)
  }

  /// Grouped rows: T k.
  var rowCount: Int { tokenCount * ranks }

  /// `[T, k]`: each token's experts, by rank.
  var chosen: UnsafeMutablePointer<Int32> { memory.pointer }
  /// `[T, k]`: the grouped row of each route.
  var rows: UnsafeMutablePointer<Int32> { memory.pointer + rowCount }
  /// `[T k]`: the token of each grouped row.
  var tokens: UnsafeMutablePointer<Int32> { memory.pointer + 2 * rowCount }
  // [E]: the row after each expert's last.
  private var ends: UnsafeMutablePointer<Int32> { memory.pointer + 3 * rowCount }

  /// The grouped rows of an expert.
  func rows(of expert: Int) -> Range<Int> { (expert == 0 ? 0 : Int(ends[expert - 1]))..<Int(ends[expert]) }

  /// Runs `body` for each expert that a token was sent to.
  func forEachExpert(_ body: (_ expert: Int, _ rows: Range<Int>) -> Void) {
    for expert in 0..<experts {
      let rows = rows(of: expert)
      if !rows.isEmpty { body(expert, rows) }
    }
  }

  /// Gives each route its row, from `chosen`: a counting sort, which leaves an expert's tokens in their order.
  func group() {
    ends.update(repeating: 0, count: experts)
    for route in 0..<rowCount { ends[Int(chosen[route])] += 1 }
    // First each expert's next free row, at last the row after its last one.
    var first: Int32 = 0
    for expert in 0..<experts {
      let count = ends[expert]
      ends[expert] = first
      first += count
    }
    for token in 0..<tokenCount {
      for route in token * ranks..<(token + 1) * ranks {
        let expert = Int(chosen[route])
        rows[route] = ends[expert]
        tokens[Int(ends[expert])] = Int32(truncatingIfNeeded: token)
        ends[expert] += 1
      }
    }
  }
}
