// Machine-readable answers: one JSON value on standard output.

import ApusCore

extension Console {
  /// Writes a JSON value and the end of the line to standard output.
  func printJSON(_ value: JSON, pretty: Bool = false) throws(ApusError) {
    try output.write(value.serialized(pretty: pretty))
    try output.line("")
  }
}

extension JSON {
  /// An object with these fields, in this order.
  static func fields(_ fields: [(String, JSON)]) -> JSON {
    .object(JSON.Object(fields))
  }

  /// A list of whole numbers.
  static func integers(_ values: some Sequence<some BinaryInteger>) -> JSON {
    .array(values.map { .int(Int64(truncatingIfNeeded: $0)) })
  }
}
