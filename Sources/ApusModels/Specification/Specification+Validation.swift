// Whether a specification can be computed: shapes that fit each other, within what this machine can address.

public import ApusCore

extension Specification {
  /// The greatest vocabulary, context, width and number of heads; products of two cannot overflow.
  static let greatestSize = 1 << 24
  /// The most blocks.
  static let mostLayers = 1 << 12
  /// The most experts of all layers together: five times what the largest known models have.
  static let mostExperts = 1 << 17
  /// The most numbers in a table of sinusoids, which no file vouches for.
  static let mostSinusoids = 1 << 26

  /// Checks that the shapes fit each other and stay within what this machine can address.
  /// - Throws: `badData` that names the shape and the value.
  public func validate(file: String? = nil) throws(ApusError) {
    let check = Check(file: file)
    try validateShapes(check)
    try validatePositions(check)
    try validateExperts(check)
    try check.require(normEpsilon >= 0 && normEpsilon.isFinite, "the norm's epsilon is \(normEpsilon)")
    for (name, value) in [
      ("initial deviation", initialDeviation), ("attention's soft cap", attention.softCap),
      ("output's soft cap", outputSoftCap),
    ] {
      try check.require(value >= 0 && value.isFinite, "the \(name) is \(value)")
    }
    try check.require(attention.scale.map { $0.isFinite } ?? true, "the attention's scale is no finite number")
    try check.require(embeddingScale.isFinite, "the embedding's scale is \(embeddingScale)")
    try check.require(parameterBytes <= Double(1 << 46), "the model would have \(parameterBytes) bytes of weights")
    for token in endTokens + (beginToken.map { [$0] } ?? []) {
      try check.require(token >= 0, "token id \(token) is negative")
    }
  }

  private struct Check {
    let file: String?

    func require(_ condition: Bool, _ problem: @autoclosure () -> String) throws(ApusError) {
      if !condition { throw ApusError(.badData, problem(), file: file, remedy: "correct the model's configuration") }
    }
  }

  private func validateShapes(_ check: Check) throws(ApusError) {
    let sizes = [
      ("vocabulary", vocabulary), ("context", context), ("width", width), ("layers", layers), ("heads", heads),
      ("key-value heads", keyValueHeads), ("head width", headWidth), ("feed-forward width", feedForwardWidth),
    ]
    for (name, size) in sizes {
      try check.require(
        (1...Self.greatestSize).contains(size), "\(name) is \(size), outside 1 ... \(Self.greatestSize)")
    }
    try check.require(
      layers <= Self.mostLayers && heads <= 1 << 14, "\(layers) layers of \(heads) heads are beyond any known model")
    try check.require(heads % keyValueHeads == 0, "\(heads) heads do not divide by \(keyValueHeads) key-value heads")
    try check.require(headWidth <= 1 << 12, "a head of \(headWidth) features is beyond any known model")
    try check.require(attention.window >= 0, "the attention's window is \(attention.window)")
    if let encoder {
      try check.require((0...1 << 16).contains(encoder.tokenTypes), "\(encoder.tokenTypes) token types")
    }
  }

  private func validatePositions(_ check: Check) throws(ApusError) {
    switch positions {
    case .none: return
    case .sinusoidal:
      try check.require(
        context * width <= Self.mostSinusoids, "sinusoids for \(context) positions of \(width) features are too many")
    case .learned(let offset): try check.require((0...1 << 16).contains(offset), "positions begin at row \(offset)")
    case .rotary(let rotation, let local):
      for rotation in [rotation] + (local.map { [$0] } ?? []) {
        if let problem = rotation.problem(headWidth: headWidth) { try check.require(false, problem.text) }
      }
    }
  }

  private func validateExperts(_ check: Check) throws(ApusError) {
    guard let experts else { return }
    try check.require(
      experts.count >= 1 && experts.count <= Self.mostExperts / layers,
      "\(layers) layers of \(experts.count) experts are none, or beyond any known model")
    try check.require(
      layers * experts.count <= 1 << 18, "\(layers) layers of \(experts.count) experts are beyond any known model")
    try check.require(
      (1...experts.count).contains(experts.perToken), "\(experts.perToken) of \(experts.count) experts for a token")
    try check.require(experts.width > 0 && experts.width <= 1 << 24, "an expert's width is \(experts.width)")
    try check.require(
      (0...1 << 24).contains(experts.sharedWidth), "the shared expert's width is \(experts.sharedWidth)")
    try check.require(experts.balancing >= 0 && experts.balancing.isFinite, "the balancing is \(experts.balancing)")
    if case .plain = feedForward { try check.require(false, "experts have gated feed-forward layers") }
  }

  // In floating point, because the numbers of a file may be absurd.
  private var parameterBytes: Double {
    let attention = Double(heads + keyValueHeads) * 2 * Double(headWidth)
    let expert = experts.map { Double($0.count) * Double($0.width) + Double($0.sharedWidth) } ?? 0
    let block = Double(width) * (attention + 3 * (Double(feedForwardWidth) + expert))
    return 4 * (Double(layers) * block + Double(width) * (2 * Double(vocabulary) + Double(context)))
  }
}
