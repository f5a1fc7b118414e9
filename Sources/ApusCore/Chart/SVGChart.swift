// A small chart of lines and points as SVG text: what loss curves and scaling laws need, and nothing else.
// Data in, text out: it knows no file, no trainer, no law. The output is a function of the input alone, byte for byte;
// it is readable on light and dark pages (it follows `prefers-color-scheme` and paints its own ground).
// Taste after Tufte and Few: restrained grid, lines named where they end rather than in a distant legend.

/// A chart of several series over two axes; `render()` gives a complete SVG document.
public struct SVGChart: Sendable, Equatable {
  /// How values become positions along an axis.
  public enum Scale: Sendable, Equatable {
    /// Equal differences are equally long.
    case linear
    /// Equal ratios are equally long; values of zero and below are not drawn.
    case logarithmic
  }

  /// One of the two axes.
  public struct Axis: Sendable, Equatable {
    /// What is measured.
    public var label: String
    /// The unit, shown in parentheses after the label.
    public var unit: String?
    /// How values become positions.
    public var scale: Scale
    /// The values to show; nil takes them from the data and the reference lines.
    public var range: ClosedRange<Double>?
    /// Words that stand at 0, 1, 2, … instead of numbers, for values that are choices; empty for numbers.
    public var names: [String] = []

    /// Makes an axis.
    public init(_ label: String, unit: String? = nil, scale: Scale = .linear, range: ClosedRange<Double>? = nil) {
      self.label = label
      self.unit = unit
      self.scale = scale
      self.range = range
    }
  }

  /// One point; a coordinate that is not finite interrupts the line.
  public struct Point: Sendable, Equatable {
    /// Position along the horizontal axis.
    public var x: Double
    /// Position along the vertical axis.
    public var y: Double

    /// Makes a point.
    public init(_ x: Double, _ y: Double) {
      self.x = x
      self.y = y
    }
  }

  /// How a series is drawn.
  public enum Mark: Sendable, Equatable {
    /// A bold line, named at its end.
    case line
    /// A thin, pale line behind the others, for raw values behind a smoothed line.
    case faint
    /// A dashed line, for predictions.
    case dashed
    /// Dots, named in the legend.
    case points
    /// A line with a dot at each point, for a few measured values.
    case linePoints
  }

  /// A named sequence of points.
  public struct Series: Sendable, Equatable {
    /// The name shown; an empty name is not shown.
    public var name: String
    /// The points, in the order in which a line joins them.
    public var points: [Point]
    /// How they are drawn.
    public var mark: Mark
    /// Which colour of the palette; nil gives each series its own.
    public var color: Int?

    /// Makes a series.
    public init(_ name: String, _ points: [Point], mark: Mark = .line, color: Int? = nil) {
      self.name = name
      self.points = points
      self.mark = mark
      self.color = color
    }
  }

  /// A value to compare with, drawn across the whole chart.
  public struct Reference: Sendable, Equatable {
    /// Which way the line runs.
    public enum Direction: Sendable, Equatable {
      /// At a value of the vertical axis.
      case horizontal
      /// At a value of the horizontal axis.
      case vertical
    }

    /// The words on the line.
    public var label: String
    /// Where it lies.
    public var value: Double
    /// Which way it runs.
    public var direction: Direction

    /// Makes a reference line.
    public init(_ label: String, at value: Double, direction: Direction = .horizontal) {
      self.label = label
      self.value = value
      self.direction = direction
    }
  }

  /// The headline.
  public var title: String
  /// A line under the headline; empty for none.
  public var subtitle: String
  /// The horizontal axis.
  public var x: Axis
  /// The vertical axis.
  public var y: Axis
  /// What is drawn, back to front.
  public var series: [Series]
  /// Values to compare with.
  public var references: [Reference]
  /// Width in pixels.
  public var width = 880
  /// Height in pixels.
  public var height = 500

  /// Makes a chart.
  public init(
    title: String, subtitle: String = "", x: Axis, y: Axis, series: [Series] = [], references: [Reference] = []
  ) {
    self.title = title
    self.subtitle = subtitle
    self.x = x
    self.y = y
    self.series = series
    self.references = references
  }
}
