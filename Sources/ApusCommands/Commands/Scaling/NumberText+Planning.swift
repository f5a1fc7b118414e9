// Numbers that only plans show: long times, money, learning rates.

import ApusCore

extension NumberText {
  /// A time for people who plan: minutes, hours, days or years.
  static func days(_ seconds: Double) -> String {
    let days = seconds / 86400
    if seconds < 90 * 60 { return duration(seconds) }
    if days < 3 { return "\(fixed(seconds / 3600, 1)) hours" }
    return days < 1000 ? "\(fixed(days, days < 99.5 ? 1 : 0)) days" : "\(short(days / 365.25)) years"
  }

  /// Dollars: $2.50, $1,250, $3.07M.
  static func dollars(_ amount: Double) -> String {
    if amount < 100 { return "$\(fixed(amount, 2))" }
    return amount < 1e6 ? "$\(grouped(Int(amount.rounded())))" : "$\(short(amount))"
  }

  /// `line` in lines of at most `columns`, broken between words; what follows is indented as the line was.
  static func wrapped(_ line: String, columns: Int) -> [String] {
    guard line.count > columns else { return [line] }
    let indent = String(line.prefix { $0 == " " })
    var lines: [String] = []
    var current = indent
    for word in line.split(separator: " ") {
      if current.count > indent.count, current.count + 1 + word.count > columns {
        lines.append(current)
        current = indent
      }
      current += (current.count > indent.count ? " " : "") + word
    }
    return lines + [current]
  }

  /// A small number with significant digits as programs write it: 3.12e-4.
  static func scaled(_ value: Double, digits: Int) -> String {
    guard value > 0, value.isFinite else { return fixed(value, 0) }
    var exponent = Int(Double.log10(value).rounded(.down))
    let power = Double.pow(10, Double(digits - 1))
    var mantissa = (value / Double.pow(10, Double(exponent)) * power).rounded() / power
    if mantissa >= 10 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
    return "\(fixed(mantissa, digits - 1))e\(exponent)"
  }
}
