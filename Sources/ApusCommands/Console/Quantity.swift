// Numbers for people: 1234567 as 1.23M, bytes as MiB, seconds as 1:23. The same on every locale.

import ApusCore

/// Short forms of numbers.
enum Quantity {
  /// Three significant digits with k, M, G or T: 999, 1.23k, 45.6M.
  static func short(_ value: Double) -> String {
    scaled(value, by: 1000, units: ["", "k", "M", "G", "T", "P"])
  }

  /// Bytes in binary units: 512 B, 1.50 KiB, 2.00 GiB.
  static func bytes(_ count: Int) -> String {
    scaled(Double(count), by: 1024, units: [" B", " KiB", " MiB", " GiB", " TiB"])
  }

  /// Seconds as 0.85 s, 12.3 s, 4:05 or 2:03:04.
  static func time(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "?" }
    if seconds < 59.95 { return decimals(max(0, seconds), seconds < 9.995 ? 2 : 1) + " s" }
    let whole = Int(seconds.rounded())
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    return hours > 0 ? "\(hours):\(two(minutes)):\(two(rest))" : "\(minutes):\(two(rest))"
  }

  /// Short times: 4.56 µs, 7.89 ms, 1.23 s.
  static func milliseconds(_ seconds: Double) -> String {
    if seconds >= 0.9995 { return time(seconds) }
    return seconds < 0.9995e-3
      ? scaled(seconds * 1e6, by: 1000, units: [" µs"]) : scaled(seconds * 1e3, by: 1000, units: [" ms"])
  }

  /// A count with what is counted: 1 tensor, 2 tensors.
  static func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

  /// A number with a fixed count of decimals.
  static func decimals(_ value: Double, _ count: Int) -> String {
    NumberText.decimals(value, count)
  }

  private static func two(_ value: Int) -> String {
    value < 10 ? "0\(value)" : "\(value)"
  }

  private static func scaled(_ value: Double, by base: Double, units: [String]) -> String {
    guard value.isFinite else { return "\(value)" }
    var (value, index) = (value, 0)
    while abs(value) >= 999.5, index + 1 < units.count {
      value /= base
      index += 1
    }
    let isWhole = index == 0 && value == value.rounded()
    let count = isWhole ? 0 : abs(value) < 9.995 ? 2 : abs(value) < 99.95 ? 1 : 0
    return decimals(value, count) + units[index]
  }
}
