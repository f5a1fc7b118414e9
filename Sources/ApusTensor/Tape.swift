// What a forward pass did, in order, so that the backward pass can undo it. Records are values in an array that keeps
// its memory, not closures; each operation's struct stands in its own file of Ops/ with forward and backward side by
// side.
//
// Gradients of activations: the first touch writes, later ones add, so nothing is filled with zeros; the record that
// produced an activation takes its gradient, uses it, and gives the memory back or hands it on (a residual's gradient
// is its sum's gradient, not a copy).

/// A tensor that an operation made: its values, and the number of its gradient while the tape records.
public struct Variable: Sendable {
  /// The values, in the workspace's arena: valid until the workspace begins anew.
  public let value: Tensor
  let slot: Int
}

/// One operation of a forward pass.
enum Record {
  case embedding(Embedding)
  case norm(Norm)
  case linear(Linear)
  case rotary(Rotary)
  case attention(Attention)
  case gated(Gated)
  case dropout(Dropout)
  case sum(Sum)
  case queryKeyNorm(QueryKeyNorm)
  case routing(Routing)
  case dispatch(Dispatch)
  case groupedLinear(GroupedLinear)
  case combine(Combine)
  case sigmoidGate(SigmoidGate)

  func backward(in workspace: Workspace) {
    switch self {
    case .embedding(let operation): operation.backward(in: workspace)
    case .norm(let operation): operation.backward(in: workspace)
    case .linear(let operation): operation.backward(in: workspace)
    case .rotary(let operation): operation.backward(in: workspace)
    case .attention(let operation): operation.backward(in: workspace)
    case .gated(let operation): operation.backward(in: workspace)
    case .dropout(let operation): operation.backward(in: workspace)
    case .sum(let operation): operation.backward(in: workspace)
    case .queryKeyNorm(let operation): operation.backward(in: workspace)
    case .routing(let operation): operation.backward(in: workspace)
    case .dispatch(let operation): operation.backward(in: workspace)
    case .groupedLinear(let operation): operation.backward(in: workspace)
    case .combine(let operation): operation.backward(in: workspace)
    case .sigmoidGate(let operation): operation.backward(in: workspace)
    }
  }
}

/// The records of one forward pass and the gradients of its activations.
final class Tape {
  private(set) var isRecording = false
  private var records: [Record] = []
  private var gradients: [Tensor?] = []
  let pool = GradientPool()

  /// Forgets everything and records from now on, or not.
  func begin(recording: Bool) {
    for gradient in gradients { if let gradient { pool.giveBack(gradient) } }
    records.removeAll(keepingCapacity: true)
    gradients.removeAll(keepingCapacity: true)
    isRecording = recording
  }

  /// A variable of these values, with a gradient of its own if the tape records.
  func variable(_ value: Tensor) -> Variable {
    guard isRecording else { return Variable(value: value, slot: -1) }
    gradients.append(nil)
    return Variable(value: value, slot: gradients.count - 1)
  }

  func append(_ record: @autoclosure () -> Record) {
    if isRecording { records.append(record()) }
  }

  /// The gradient's memory, and whether to add to what it holds: the caller must write all of it where not.
  func gradient(of variable: Variable) -> (Tensor, accumulate: Bool) {
    if let existing = gradients[variable.slot] { return (existing, true) }
    let tensor = pool.take(rows: variable.value.rows, columns: variable.value.columns)
    gradients[variable.slot] = tensor
    return (tensor, false)
  }

  /// The gradient if anything depended on the variable; the caller now owns its memory.
  func takeGradient(of variable: Variable) -> Tensor? {
    defer { gradients[variable.slot] = nil }
    return gradients[variable.slot]
  }

  /// Makes `gradient`, which the caller owns, the variable's gradient where it has none yet.
  /// - Returns: false where it has one: then the caller adds to that.
  func handOver(_ gradient: Tensor, to variable: Variable) -> Bool {
    guard gradients[variable.slot] == nil else { return false }
    gradients[variable.slot] = gradient
    return true
  }

  /// Runs the records backwards; the last one's output must have its gradient.
  func backward(in workspace: Workspace) {
    for record in records.reversed() where workspace.goesOn() { workspace.measuredBackward(record) }
    begin(recording: false)
  }
}
