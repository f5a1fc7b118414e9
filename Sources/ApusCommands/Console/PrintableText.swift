// Text of unknown origin on a terminal: models and files may hold any bytes, and none of them may steer it or hide what
// stands beside it.

extension String {
  /// The text with a point in place of each character that is not visible by itself; marks on a letter stay.
  var printable: String { String(map { $0.isVisible ? $0 : "·" }) }
}

extension Character {
  fileprivate var isVisible: Bool {
    switch unicodeScalars.first?.properties.generalCategory {
    case nil, .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
      .nonspacingMark, .enclosingMark, .spacingMark:
      false
    default: true
    }
  }
}
