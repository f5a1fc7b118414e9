// What there is to say about something, once for people and once for programs.

import ApusCore

/// What there is to say about something.
protocol Summary {
  /// For people: at most about 80 columns wide, but for names and paths.
  var lines: [String] { get }
  /// For programs.
  var json: JSON { get }
}

/// Names with values, aligned; a value without a name continues the one above.
typealias Facts = [(name: String, value: String)]

extension Facts {
  var lines: [String] {
    var table = TextTable(["", ""], left: [0, 1])
    for (name, value) in self { table.add([name, value]) }
    return table.lines
  }
}
