// From a number of parameters to a shape that one would train: widths that fill the units of a processor, depth in step
// with width, heads of 64 or 128, grouped key and value heads in larger models, a feed-forward part of about 8/3 widths
// with a gate. Aspect ratios follow what published models have: about 40 at ten million, 64 at a hundred, 128 at seven
// billion parameters.

public import ApusCore

/// What a shape is to be.
public struct ShapeRequest: Sendable, Equatable {
  /// The number of parameters, as `count` counts them.
  public var parameters: Double
  /// Which parameters are counted.
  public var count: ParameterCount
  /// The number of tokens of the vocabulary.
  public var vocabulary: Int
  /// Experts of each layer; nil for a dense model.
  public var experts: TransformerShape.Experts?
  /// Positions of the context, for counts that depend on it.
  public var context: Double

  /// States a request.
  public init(
    parameters: Double, count: ParameterCount, vocabulary: Int? = nil, experts: TransformerShape.Experts? = nil,
    context: Double = 4096
  ) {
    self.parameters = parameters
    self.count = count
    self.vocabulary = vocabulary ?? Self.vocabulary(for: parameters)
    self.experts = experts
    self.context = context
  }

  /// A vocabulary in step with the model: 1k to 4k tokens for tiny ones, 32k to 7 billion parameters, 128k beyond.
  public static func vocabulary(for parameters: Double) -> Int {
    switch parameters {
    case ..<3e6: 1024
    case ..<3e7: 4096
    case ..<1e8: 16384
    case ..<7e9: 32000
    default: 128_256
    }
  }

  /// A context in step with the model: attention over thousands of tokens would be most of a tiny one's work.
  public static func context(for parameters: Double) -> Int {
    switch parameters {
    case ..<3e7: 512
    case ..<1e8: 1024
    case ..<1e9: 2048
    default: 4096
    }
  }
}

extension TransformerShape {
  /// The shape nearest to a request, in parameters first and in aspect ratio second.
  ///
  /// - Throws: A number of parameters for which there is no sensible shape.
  public static func nearest(to request: ShapeRequest) throws(ApusError) -> TransformerShape {
    func distance(_ shape: TransformerShape) -> Double {
      let found = shape.parameters(request.count, context: request.context)
      let aspect = Double(shape.width) / Double(shape.layers)
      let ideal = min(128, max(24, 64 * Double.pow(request.parameters / 1e8, 0.16)))
      return 8 * abs(Double.log(found / request.parameters)) + abs(Double.log(aspect / ideal))
    }
    let candidates = widths.flatMap { width in
      depths(of: width).map { candidate(width: width, layers: $0, request) }
    }
    guard let best = candidates.min(by: { distance($0) < distance($1) }),
      abs(Double.log(best.parameters(request.count, context: request.context) / request.parameters)) < 0.25
    else {
      throw ApusError(
        .usage,
        "there is no decoder of about \(NumberText.short(request.parameters)) parameters over a vocabulary of "
          + "\(request.vocabulary)",
        remedy: "choose a smaller vocabulary or another budget")
    }
    return best
  }

  private static let widths: [Int] =
    Array(stride(from: 32, to: 256, by: 32)) + Array(stride(from: 256, to: 1024, by: 64))
    + Array(stride(from: 1024, to: 2048, by: 256)) + Array(stride(from: 2048, to: 4096, by: 512))
    + Array(stride(from: 4096, through: 65536, by: 1024))

  private static func depths(of width: Int) -> ClosedRange<Int> { max(2, width / 160)...max(3, width / 20) }

  private static func candidate(width: Int, layers: Int, _ request: ShapeRequest) -> TransformerShape {
    let headWidth = width >= 2048 ? 128 : width >= 256 ? 64 : 32
    let heads = width / headWidth
    let inner = width * 8 / 3 / (request.experts?.active ?? 1)
    let step = width >= 2048 ? 128 : width >= 256 ? 64 : 32
    return TransformerShape(
      layers: layers, width: width, heads: heads, keyValueHeads: heads < 16 ? heads : heads % 8 == 0 ? 8 : 4,
      headWidth: headWidth, feedForward: max(step, (inner + step - 1) / step * step), vocabulary: request.vocabulary,
      isTied: request.parameters < 2e9, experts: request.experts)
  }
}
