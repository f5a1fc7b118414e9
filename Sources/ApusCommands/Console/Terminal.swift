// What is known of the terminal behind a stream: whether there is one, how wide it is, whether it shows colours.

public import ApusCore

/// Facts about the terminal behind a stream.
public struct Terminal: Sendable {
  /// Whether a person reads the stream as it is written.
  public var isInteractive: Bool
  /// Columns; 80 where nobody knows.
  public var width: Int
  /// Whether colours may be used.
  public var hasColor: Bool

  /// No terminal: a pipe or a file.
  public static let none = Terminal(isInteractive: false, width: 80, hasColor: false)

  /// States the facts.
  public init(isInteractive: Bool, width: Int, hasColor: Bool) {
    self.isInteractive = isInteractive
    self.width = width
    self.hasColor = hasColor
  }

  /// The facts of a stream; `NO_COLOR`, `TERM=dumb` and `COLUMNS` are honoured.
  public init(_ stream: Platform.Stream, environment: [String: String]) {
    isInteractive = Platform.isTerminal(stream)
    let told = environment["COLUMNS"].flatMap { Int($0) }
    width = max(20, Platform.terminalWidth(stream) ?? told ?? 80)
    let isDumb = environment["TERM"].map { $0.isEmpty || $0 == "dumb" } ?? true
    hasColor = isInteractive && !isDumb && (environment["NO_COLOR"] ?? "").isEmpty
  }

  /// A few styles; their values are the codes of ECMA-48.
  public enum Style: String, Sendable {
    /// Bold.
    case bold = "1"
    /// Faint.
    case dim = "2"
    /// Red letters.
    case red = "31"
    /// Green letters.
    case green = "32"
    /// Yellow letters.
    case yellow = "33"
    /// Blue letters.
    case blue = "34"
    /// Cyan letters.
    case cyan = "36"
    /// Black letters on green.
    case onGreen = "30;42"
    /// Black letters on yellow.
    case onYellow = "30;43"
    /// Black letters on magenta.
    case onMagenta = "30;45"
    /// Black letters on cyan.
    case onCyan = "30;46"
    /// Black letters on white.
    case onWhite = "30;47"
  }

  /// `text` in a style where there are colours, and plain elsewhere.
  public func styled(_ text: String, _ style: Style) -> String {
    hasColor ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }
}
