// A limited-memory quasi-Newton minimiser (L-BFGS: Nocedal 1980; Nocedal and Wright, "Numerical Optimization",
// algorithm 7.4) for functions of up to eight variables whose slope may have kinks, as a Huber objective's nearly has.
// Linear constraints are kept by projecting gradients. It knows nothing of laws; it allocates only when it is made.

/// A function with a gradient.
protocol FitObjective {
  /// The value at `point`, and the gradient there.
  func value(at point: FitVector, gradient: inout FitVector) -> Double
}

/// Orthogonal unit vectors along which a search must not move.
struct FitConstraint: Sendable {
  private var normals: [FitVector] = []

  /// No constraint.
  static let none = FitConstraint()

  /// Adds a direction, made orthogonal to those before; one that they contain changes nothing.
  func adding(_ direction: FitVector) -> FitConstraint {
    let rest = project(direction)
    guard rest.norm > 1e-9 * direction.norm else { return self }
    var constraint = self
    constraint.normals.append(rest / rest.norm)
    return constraint
  }

  /// What is left of a vector along the directions that are free.
  @inline(__always)
  func project(_ vector: FitVector) -> FitVector {
    var free = vector
    for normal in normals { free -= normal * normal.dot(free) }
    return free
  }
}

/// Where a search ended.
struct Minimum: Sendable {
  var point: FitVector
  var value: Double
  var gradient: FitVector
}

/// The minimiser with its memory; one for each thread.
struct Minimizer {
  /// When to stop.
  struct Tolerance: Sendable {
    /// The relative fall of the value over an iteration that counts as none; two such iterations in a row end a search.
    var fall: Double
    /// The most evaluations.
    var evaluations: Int

    /// For searches from far away, of which the best are polished.
    static let coarse = Tolerance(fall: 1e-7, evaluations: 200)
    /// For resamples, whose own spread is far larger.
    static let resample = Tolerance(fall: 1e-10, evaluations: 1000)
    /// For results.
    static let fine = Tolerance(fall: 1e-13, evaluations: 2000)
  }

  private static let memory = 8

  private var steps = [FitVector](repeating: FitVector(repeating: 0), count: memory)
  private var changes = [FitVector](repeating: FitVector(repeating: 0), count: memory)
  private var curvatures = [Double](repeating: 0, count: memory)
  private var weights = [Double](repeating: 0, count: memory)
  private var kept = 0

  /// The evaluations of all searches so far.
  private(set) var evaluations = 0

  /// Searches downhill from `start`.
  mutating func minimize(
    _ objective: some FitObjective, from start: FitVector, _ constraint: FitConstraint = .none,
    tolerance: Tolerance = .fine
  ) -> Minimum {
    var here = evaluate(objective, at: start, constraint)
    let last = evaluations + tolerance.evaluations
    var calm = 0
    kept = 0
    while evaluations < last, here.gradient.norm > 1e-300 {
      let direction = -timesInverseHessian(here.gradient)
      guard let next = descend(objective, from: here, along: direction, constraint, last: last) else {
        if kept == 0 { break }  // Not even steepest descent falls: this is the floor of the arithmetic.
        kept = 0
        continue
      }
      remember(step: next.point - here.point, change: next.gradient - here.gradient)
      calm = here.value - next.value <= tolerance.fall * here.value.magnitude ? calm + 1 : 0
      here = next
      if calm == 2 { break }
    }
    return here
  }

  private mutating func evaluate(
    _ objective: some FitObjective, at point: FitVector, _ constraint: FitConstraint
  ) -> Minimum {
    evaluations += 1
    var gradient = FitVector(repeating: 0)
    let value = objective.value(at: point, gradient: &gradient)
    return Minimum(point: point, value: value, gradient: constraint.project(gradient))
  }

  /// A line search to the weak conditions of Wolfe by bracketing, which ends for functions with kinks too (Lewis and
  /// Overton, "Nonsmooth optimization via quasi-Newton methods", 2013, algorithm 2.6); inside a bracket it tries the
  /// minimum of the cubic through both ends.
  private mutating func descend(
    _ objective: some FitObjective, from here: Minimum, along direction: FitVector, _ constraint: FitConstraint,
    last: Int
  ) -> Minimum? {
    let slope = here.gradient.dot(direction)
    guard slope < 0, slope.isFinite else { return nil }
    var low = Trial(step: 0, value: here.value, slope: slope)
    var high: Trial?
    var step = kept == 0 ? min(1, 0.3 / direction.norm) : 1
    for _ in 0..<30 where evaluations < last {
      let there = evaluate(objective, at: here.point + direction * step, constraint)
      let trial = Trial(step: step, value: there.value, slope: there.gradient.dot(direction))
      if !(trial.value <= here.value + 1e-4 * step * slope) {
        high = trial
      } else if trial.slope < 0.9 * slope {
        low = trial
      } else {
        return there
      }
      step = high.map { low.between($0) } ?? 3 * step
    }
    return nil
  }

  /// A point on the line of a search.
  private struct Trial {
    var step: Double
    var value: Double
    var slope: Double

    /// The minimum of the cubic through both points, kept away from them by a tenth of their distance.
    func between(_ other: Trial) -> Double {
      let width = other.step - step
      let d = slope + other.slope - 3 * (value - other.value) / (step - other.step)
      let root = (d * d - slope * other.slope).squareRoot()
      let cubic = other.step - width * (other.slope + root - d) / (other.slope - slope + 2 * root)
      guard cubic.isFinite else { return step + 0.5 * width }
      return min(max(cubic, step + 0.1 * width), other.step - 0.1 * width)
    }
  }

  /// Keeps a pair of step and change of gradient; where the slope does not rise along the step it says nothing.
  private mutating func remember(step: FitVector, change: FitVector) {
    let curvature = step.dot(change)
    guard curvature > 1e-12 * step.norm * change.norm else { return }
    let place = kept % Self.memory
    steps[place] = step
    changes[place] = change
    curvatures[place] = curvature
    kept += 1
  }

  /// The two loops over the pairs, newest first and oldest first.
  private mutating func timesInverseHessian(_ gradient: FitVector) -> FitVector {
    guard kept > 0 else { return gradient }
    let range = max(0, kept - Self.memory)..<kept
    var result = gradient
    for index in range.reversed() {
      let place = index % Self.memory
      weights[place] = steps[place].dot(result) / curvatures[place]
      result -= changes[place] * weights[place]
    }
    let newest = (kept - 1) % Self.memory
    result *= curvatures[newest] / changes[newest].dot(changes[newest])
    for index in range {
      let place = index % Self.memory
      result += steps[place] * (weights[place] - changes[place].dot(result) / curvatures[place])
    }
    return result
  }
}
