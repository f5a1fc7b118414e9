// One learned tensor of a model: its values, in the form that its use asks for, and its gradient while training. It
// knows no model and no optimiser.

/// A learned tensor: a row-major float32 master and a gradient to train, or a form that only generates.
///
/// Sendable by the rule of tensors: values and gradients are written by the one trainer or loader that owns the model;
/// any number of threads may read the values while nobody writes.
public final class Parameter: @unchecked Sendable {
  /// The one copy of the values.
  enum Form {
    /// Row-major float32: all that training can change.
    case master(Tensor)
    /// Float32, laid out for products.
    case packed(PackedMatrix)
    /// As a file stores it.
    case stored(StoredMatrix)
  }

  /// The name within the model, as `layers.3.attention.output`.
  public let name: String
  /// Rows: of weights the outputs, of embeddings the vocabulary, of vectors one.
  public let rows: Int
  /// Columns: of weights the inputs, of embeddings and vectors the features.
  public let columns: Int
  /// Whether weight decay applies: to matrices, not to biases and norm gains.
  public let decays: Bool

  /// Nil until a loader that generates gives the values.
  private(set) var form: Form?

  private var gradientStorage: Tensor?
  private var gradientIsWritten = false
  private var gathered: GatheredGradient?

  /// A parameter with the given values.
  public init(name: String, value: Tensor, decays: Bool) {
    self.name = name
    self.decays = decays
    rows = value.rows
    columns = value.columns
    form = .master(value)
  }

  /// A parameter of the given shape, without values until `keep` or `pack` gives it some.
  public init(name: String, rows: Int, columns: Int, decays: Bool) {
    self.name = name
    self.decays = decays
    self.rows = rows
    self.columns = columns
  }

  /// The number of values.
  public var count: Int { rows * columns }

  /// The values, to read and to change: weights `[out, in]`, embeddings `[vocabulary, D]`, vectors `[1, D]`. Only where
  /// there is a master.
  public var value: Tensor {
    guard case .master(let tensor) = form else {
      preconditionFailure("\(name) has no master: its model was loaded for inference, or packed")
    }
    return tensor
  }

  /// Whether there is a master, which training needs.
  public var hasMaster: Bool {
    if case .master = form { true } else { false }
  }

  /// The one type in which all values are kept as a file has them; nil for masters, panels, and mixtures of types.
  public var storedNumbers: StoredNumbers? {
    if case .stored(let matrix) = form { matrix.numbers } else { nil }
  }

  // MARK: - Gradient

  /// The gradient, same shape as `value`; zeros where nothing has been accumulated since `zeroGradient()`. Read it when
  /// the step's last backward pass is done: the bits of a tied matrix depend on when its two parts are joined.
  public var gradient: Tensor {
    let (gradient, accumulate) = gradientForAccumulation()
    if !accumulate { gradient.fill(0) }
    gathered?.move(to: gradient)
    return gradient
  }

  /// Forgets the gradient: the next backward pass writes instead of adding.
  public func zeroGradient() {
    gradientIsWritten = false
    gathered?.forget()
  }

  /// Frees the gradient's memory.
  public func dropGradient() {
    gradientStorage = nil
    gradientIsWritten = false
    gathered = nil
  }

  // The part of the gradient that comes from gathered rows, which joins the rest when `gradient` is read.
  func gatheredGradient() -> GatheredGradient {
    if let gathered { return gathered }
    let new = GatheredGradient(rows: rows, columns: columns)
    gathered = new
    return new
  }

  // The gradient's memory, and whether to add to what it holds: the caller must write all of it where not.
  func gradientForAccumulation() -> (Tensor, accumulate: Bool) {
    precondition(hasMaster, "\(name) has no master to train")
    let tensor: Tensor
    if let existing = gradientStorage {
      tensor = existing
    } else {
      tensor = Tensor(storage: TensorStorage(count: count), offset: 0, rows: rows, columns: columns)
      gradientStorage = tensor
    }
    defer { gradientIsWritten = true }
    return (tensor, gradientIsWritten)
  }

  // MARK: - Forms

  /// Lays the master out for products `x Wᵀ` and lets it and its gradient go; `unpack` brings it back.
  public func pack(in workspace: Workspace) {
    guard case .master(let tensor) = form else { return }
    pack(tensor, in: workspace)
    dropGradient()
  }

  /// Takes the values of `tensor`, laid out for products.
  public func pack(_ tensor: Tensor, in workspace: Workspace) {
    requireShape(tensor.rows, tensor.columns)
    form = .packed(workspace.products.packTransposed(tensor))
  }

  /// Takes the values of `matrix`, laid out for products; its memory is let go as they are copied.
  public func pack(_ matrix: StoredMatrix, in workspace: Workspace) {
    requireShape(matrix.rows, matrix.columns)
    form = .packed(workspace.products.packTransposed(matrix))
  }

  /// Takes the values of `matrix`, left where they are.
  public func keep(_ matrix: StoredMatrix) {
    requireShape(matrix.rows, matrix.columns)
    form = .stored(matrix)
  }

  /// Makes a master of whatever form there is, so that the values can be changed.
  public func unpack(_ kernels: Kernels) {
    if form != nil { form = .master(expanded(kernels)) }
  }

  /// The values as float32: the master, or a copy.
  public func expanded(_ kernels: Kernels) -> Tensor {
    if case .master(let tensor) = form { return tensor }
    let tensor = Tensor(storage: TensorStorage(count: count), offset: 0, rows: rows, columns: columns)
    for row in 0..<rows { copy(row: row, to: tensor.row(row), kernels) }
    return tensor
  }

  private func requireShape(_ rows: Int, _ columns: Int) {
    precondition(rows == self.rows && columns == self.columns, "\(name) is [\(self.rows), \(self.columns)]")
  }
}
