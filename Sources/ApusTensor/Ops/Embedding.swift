// Token embeddings, scaled, plus learned embeddings of positions and token types where the model has them.

/// The tables that a batch's rows are looked up in.
public struct EmbeddingTables: Sendable {
  /// `[V, D]`.
  public var tokens: Parameter
  /// What the tokens' embeddings are multiplied by: the root of D in Gemma.
  public var scale: Float
  /// `[positions, D]`.
  public var positions: Parameter?
  /// Whether the positions' table takes a gradient.
  public var learnsPositions = true
  /// The row of position 0.
  public var firstPosition: Int
  /// `[types, D]`: which of several texts a token belongs to.
  public var types: Parameter?

  /// Tables of the given parameters.
  public init(
    tokens: Parameter, scale: Float = 1, positions: Parameter? = nil, firstPosition: Int = 0, types: Parameter? = nil
  ) {
    self.tokens = tokens
    self.scale = scale
    self.positions = positions
    self.firstPosition = firstPosition
    self.types = types
  }
}

/// y[t] = scale · tokens[token t] (+ positions[first + position t] + types[type t]); → [T, D].
struct Embedding {
  let tables: EmbeddingTables
  let output: Variable

  static func forward(_ tables: EmbeddingTables, in workspace: Workspace) -> Variable {
    let width = tables.tokens.columns
    let input = workspace.input
    let y = workspace.arena.allocate(rows: input.count, columns: width)
    let kernels = workspace.kernels
    workspace.forRows(input.count, width: width) { rows in
      let (first, count, y) = (rows.lowerBound, rows.count, y.row(rows.lowerBound))
      tables.tokens.gather(
        input.tokens + first, count: count, scale: tables.scale, into: y, accumulate: false, kernels)
      tables.positions?.gather(
        input.positions + first, count: count, firstRow: tables.firstPosition, into: y, accumulate: true, kernels)
      tables.types?.gather(input.types + first, count: count, into: y, accumulate: true, kernels)
    }
    let output = workspace.tape.variable(y)
    workspace.tape.append(.embedding(Embedding(tables: tables, output: output)))
    return output
  }

  func backward(in workspace: Workspace) {
    guard let dy = workspace.tape.takeGradient(of: output) else { return }
    let input = workspace.input
    tables.tokens.gatheredGradient().add(dy, toRows: input.tokens, scale: tables.scale, in: workspace)
    if let positions = tables.positions, tables.learnsPositions {
      positions.gatheredGradient().add(dy, toRows: input.positions, firstRow: tables.firstPosition, in: workspace)
    }
    tables.types?.gatheredGradient().add(dy, toRows: input.types, in: workspace)
    workspace.tape.pool.giveBack(dy)
  }
}

extension Workspace {
  /// The embeddings of the batch's rows: `[T, D]`.
  public func embedding(_ tables: EmbeddingTables) -> Variable {
    measured(.embedding) { Embedding.forward(tables, in: self) }
  }
}
