// The few functions of the C library's mathematics that this room needs; correctly imported once.

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

enum Mathematics {
  static func log(_ value: Double) -> Double { libcLog(value) }
  static func cos(_ value: Double) -> Double { libcCos(value) }
}

// Inside the enumeration the members hide the C functions.
private func libcLog(_ value: Double) -> Double { log(value) }
private func libcCos(_ value: Double) -> Double { cos(value) }
