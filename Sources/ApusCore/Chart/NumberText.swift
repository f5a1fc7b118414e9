// Numbers for people: fixed decimals, thin steps of a thousand, seconds as minutes. Independent of the locale.

/// Numbers written for people, the same in every locale.
public enum NumberText {
  /// `value` with exactly `decimals` digits after the point; "−" is the minus sign; "–" where there is no number.
  public static func fixed(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "–" : value < 0 ? "−∞" : "∞" }
    let power = Double.pow(10, Double(max(0, min(decimals, 12))))
    let scaled = (abs(value) * power).rounded()
    guard scaled < 9e15 else { return "\(value)" }
    let whole = Int64(scaled)
    let sign = value < 0 && whole > 0 ? "−" : ""
    guard decimals > 0 else { return "\(sign)\(whole)" }
    let divisor = Int64(power)
    let fraction = String(whole % divisor)
    let zeros = String(repeating: "0", count: max(0, min(decimals, 12) - fraction.count))
    return "\(sign)\(whole / divisor).\(zeros)\(fraction)"
  }

  /// `value` with a fixed count of digits after the point and the hyphen as minus sign, as programs read it.
  public static func decimals(_ value: Double, _ count: Int) -> String { Posix.decimals(value, count) }

  /// Three significant digits with k, M, B, T for thousands, millions, billions, trillions: 950, 1.25k, 20k, 3.07M.
  public static func short(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : fixed(value, 0) }
    let size = abs(value)
    if size < 1e-3 || size >= 9.995e14 { return scientific(value) }
    let (divisor, suffix) = scale(size, from: 999.5)
    let scaled = value / divisor
    let decimals = max(0, 2 - Int((Double.log10(abs(scaled)) + 1e-12).rounded(.down)))
    return trimmed(fixed(scaled, decimals)) + suffix
  }

  /// An integer with groups of three digits: 1,234,567.
  public static func grouped(_ value: Int) -> String {
    let digits = Array(String(value.magnitude))
    var text = value < 0 ? "−" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return text
  }

  /// A time for people: 8.2 s, 95 s, 2 min 05 s, 3 h 10 min.
  public static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return "–" }
    if seconds < 9.95 { return fixed(seconds, 1) + " s" }
    if seconds < 99.5 { return fixed(seconds, 0) + " s" }
    let whole = Int(seconds.rounded())
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    if whole < 5400 { return "\(whole / 60) min \(two(whole % 60)) s" }
    return "\(whole / 3600) h \(two(whole % 3600 / 60)) min"
  }

  /// The step of a thousand for numbers up to `size`, with its letter; none below `from`.
  static func scale(_ size: Double, from: Double = 9999) -> (divisor: Double, suffix: String) {
    guard size >= from else { return (1, "") }
    if size < 999_500 { return (1e3, "k") }
    if size < 9.995e8 { return (1e6, "M") }
    if size < 9.995e11 { return (1e9, "B") }
    return (1e12, "T")
  }

  private static func scientific(_ value: Double) -> String {
    var exponent = Int(Double.log10(abs(value)).rounded(.down))
    var mantissa = value / Double.pow(10, Double(exponent))
    if abs(mantissa) >= 9.95 {
      mantissa /= 10
      exponent += 1
    }
    let raised = String(String(exponent).map { superscripts[$0] ?? $0 })
    let factor = trimmed(fixed(mantissa, 1))
    return factor == "1" ? "10\(raised)" : "\(factor)×10\(raised)"
  }

  private static func trimmed(_ text: String) -> String {
    guard text.contains(".") else { return text }
    var text = text
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  private static let superscripts: [Character: Character] = [
    "-": "⁻", "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸", "9": "⁹",
  ]
}
