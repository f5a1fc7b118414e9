// A condition on a cell of a table, as a person writes it: `N<1e9`, `mode==train`, `outlier!=True`.

public import ApusCore

/// Keeps the rows whose cell compares so.
public struct RunCondition: Sendable, Equatable {
  /// How a cell is compared: as numbers where both sides are numbers, else as text in upper or lower case.
  public enum Comparison: String, Sendable, CaseIterable {
    case equal = "=="
    case unequal = "!="
    case atMost = "<="
    case atLeast = ">="
    case below = "<"
    case above = ">"
  }

  /// The heading of the column.
  public var column: String
  /// The comparison.
  public var comparison: Comparison
  /// What the cell is compared with.
  public var value: String

  /// Reads a condition.
  ///
  /// - Throws: A text without a comparison in it.
  public init(_ text: String) throws(ApusError) {
    for comparison in Comparison.allCases {
      let symbol = Array(comparison.rawValue.utf8), bytes = Array(text.utf8)
      guard bytes.count > symbol.count else { break }
      let places = 1..<(bytes.count - symbol.count + 1)
      guard let place = places.first(where: { bytes[$0...].starts(with: symbol) }) else { continue }
      column = Self.trimmed(bytes[..<place])
      value = Self.trimmed(bytes[(place + symbol.count)...])
      self.comparison = comparison
      return
    }
    throw ApusError(
      .usage, "'\(text)' is no condition on a column", remedy: "write one such as 'N<1e9' or 'mode==train'")
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> String {
    var bytes = bytes.drop { $0 == 32 }
    while bytes.last == 32 { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Whether a cell satisfies the condition; an empty one equals nothing.
  func holds(_ cell: String?) -> Bool {
    guard let cell else { return comparison == .unequal }
    if let left = RunColumn.number(cell), let right = RunColumn.number(value) {
      return switch comparison {
      case .equal: left == right
      case .unequal: left != right
      case .atMost: left <= right
      case .atLeast: left >= right
      case .below: left < right
      case .above: left > right
      }
    }
    return switch comparison {
    case .equal: cell.lowercased() == value.lowercased()
    case .unequal: cell.lowercased() != value.lowercased()
    case .atMost, .atLeast, .below, .above: false
    }
  }
}
