// A value that the compiler cannot prove safe to share, whose use says why it is.

/// Carries a value into the tasks of one parallel region.
struct UncheckedSendable<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}
