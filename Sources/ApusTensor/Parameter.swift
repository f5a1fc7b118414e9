// One learned tensor of a model: its values, and its gradient while training. It knows no model and no optimiser.

/// A learned tensor: row-major float32 master, gradient, and a packed copy where the model only generates.
///
/// Sendable by the rule of tensors: values and gradients are written by the one trainer or loader that owns the model;
/// any number of threads may read the values while nobody writes.
public final class Parameter: @unchecked Sendable {
  /// The name within the model, as `layers.3.attention.output`.
  public let name: String
  /// The values: weights `[out, in]`, embeddings `[vocabulary, D]`, vectors `[1, D]`.
  public let value: Tensor
  /// Whether weight decay applies: to matrices, not to biases and norm gains.
  public let decays: Bool
  /// The form that products read without packing, made once by `pack` for generation.
  public private(set) var packed: PackedMatrix?

  private var gradientStorage: Tensor?
  private var gradientIsWritten = false
  private var gathered: GatheredGradient?

  /// A parameter with the given values.
  public init(name: String, value: Tensor, decays: Bool) {
    self.name = name
    self.value = value
    self.decays = decays
  }

  /// The number of values.
  public var count: Int { value.count }

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
    let new = GatheredGradient(rows: value.rows, columns: value.columns)
    gathered = new
    return new
  }

  // The gradient's memory, and whether to add to what it holds: the caller must write all of it where not.
  func gradientForAccumulation() -> (Tensor, accumulate: Bool) {
    let tensor: Tensor
    if let existing = gradientStorage {
      tensor = existing
    } else {
      tensor = Tensor(
        storage: TensorStorage(count: count), offset: 0, rows: value.rows, columns: value.columns)
      gradientStorage = tensor
    }
    defer { gradientIsWritten = true }
    return (tensor, gradientIsWritten)
  }

  /// Packs the values for products `x Wᵀ`, once; `unpack()` must precede any change of the values.
  public func pack(in workspace: Workspace) {
    guard packed == nil else { return }
    packed = workspace.products.packTransposed(value)
  }

  /// Drops the packed copy, so that training may change the values.
  public func unpack() { packed = nil }
}
