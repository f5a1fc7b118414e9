// The optimiser's inner work: the norm of all gradients, and AdamW's update (Loshchilov and Hutter 2019, in PyTorch's
// order of operations) in one pass over memory. Both run over chunks fixed by the parameters' shapes, combined in
// order, so that threads change no bit. Schedules, clipping rules and the saving of moments are ApusTraining's
// business.

import CApusKernels

/// The numbers of one update.
public struct AdamWStep: Sendable, Equatable {
  /// 1 for the first update.
  public var step: Int
  /// The learning rate.
  public var learningRate: Double
  /// What every gradient is multiplied by first: clipping.
  public var gradientScale: Double
  /// Decay of the mean.
  public var beta1: Double
  /// Decay of the mean of squares.
  public var beta2: Double
  /// Added to the root of the mean square.
  public var epsilon: Double
  /// Weight decay of the parameters that decay.
  public var weightDecay: Double

  /// States the numbers.
  public init(
    step: Int, learningRate: Double, gradientScale: Double = 1, beta1: Double, beta2: Double, epsilon: Double,
    weightDecay: Double
  ) {
    self.step = step
    self.learningRate = learningRate
    self.gradientScale = gradientScale
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }
}

/// The moments of some parameters, and the loops over them.
public final class AdamWState {
  /// The parameters, in order.
  public let parameters: [Parameter]
  /// The running means of the gradients, as `parameters`.
  public let means: [Tensor]
  /// The running means of their squares.
  public let squares: [Tensor]

  private struct Chunk {
    var parameter: Int
    var start: Int
    var count: Int
  }

  private static let chunkSize = 1 << 14
  private let chunks: [Chunk]
  private let values: Int
  private var sums: [Double]
  private var gradients: [Tensor] = []

  /// Moments of zero.
  public init(_ parameters: [Parameter]) {
    self.parameters = parameters
    means = parameters.map { Tensor(rows: $0.rows, columns: $0.columns) }
    squares = parameters.map { Tensor(rows: $0.rows, columns: $0.columns) }
    chunks = parameters.indices.flatMap { index in
      stride(from: 0, to: parameters[index].count, by: Self.chunkSize).map { start in
        Chunk(parameter: index, start: start, count: min(Self.chunkSize, parameters[index].count - start))
      }
    }
    values = parameters.reduce(0) { $0 + $1.count }
    sums = [Double](repeating: 0, count: chunks.count)
  }

  /// The Euclidean norm of all gradients together; not finite where one of them is not.
  public func gradientNorm(in workspace: Workspace) -> Double {
    let kernels = workspace.kernels
    collectGradients()
    sums.withUnsafeMutableBufferPointer { sums in
      workspace.forTasks(chunks.count, cost: values) { task, _ in
        let chunk = chunks[task]
        let gradient = gradients[chunk.parameter].pointer + chunk.start
        sums[task] = kernels.table.pointee.sum_of_squares(gradient, chunk.count)
      }
    }
    return sums.reduce(0, +).squareRoot()
  }

  /// Updates all parameters from their gradients.
  public func update(_ step: AdamWStep, in workspace: Workspace) {
    let kernels = workspace.kernels
    let correction1 = Float(1 - power(step.beta1, step.step))
    let correction2 = Float(1 - power(step.beta2, step.step))
    collectGradients()
    workspace.forTasks(chunks.count, cost: 4 * values) { task, _ in
      let chunk = chunks[task]
      let index = chunk.parameter
      kernels.table.pointee.adamw(
        parameters[index].value.pointer + chunk.start, gradients[index].pointer + chunk.start,
        means[index].pointer + chunk.start, squares[index].pointer + chunk.start, chunk.count,
        Float(step.gradientScale), Float(step.learningRate), Float(step.beta1), Float(step.beta2), Float(step.epsilon),
        parameters[index].decays ? Float(step.weightDecay) : 0, correction1, correction2)
    }
  }

  private func collectGradients() {
    gradients.removeAll(keepingCapacity: true)
    for parameter in parameters {
      gradients.append(parameter.gradient)
    }
  }

  // base to the power of a whole number, by squaring.
  private func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, factor, rest) = (1.0, base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result *= factor }
      factor *= factor
      rest >>= 1
    }
    return result
  }
}
