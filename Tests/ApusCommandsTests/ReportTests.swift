// Tables and fits: what reports are made of.

import ApusCore
import Testing

@testable import ApusCommands

@Suite struct ReportTests {
  @Test func tablesAlignTheirColumns() {
    var table = TextTable(["name", "count"], left: [0])
    table.add(["a", "10"])
    table.add(["longer", "7"])
    table.add(["x"])
    #expect(table.lines == ["name    count", "a          10", "longer      7", "x"])
  }

  @Test func tablesWithoutHeadingsHaveNone() {
    var table = TextTable(["", ""], left: [0, 1])
    table.add(["key", "value"])
    #expect(table.lines == ["key  value"])
  }

  @Test func fitFindsALineAndItsNoise() throws {
    let exact = try #require(LinearFit([(1, 5), (2, 7), (4, 11)]))
    #expect(abs(exact.intercept - 3) < 1e-12 && abs(exact.slope - 2) < 1e-12 && abs(exact.rSquared - 1) < 1e-12)
    let noisy = try #require(LinearFit([(0, 0), (1, 1), (2, 0), (3, 1)]))
    #expect(abs(noisy.slope - 0.2) < 1e-12 && abs(noisy.rSquared - 0.2) < 1e-12)
    #expect(LinearFit([(1, 2)]) == nil)
    #expect(LinearFit([(1, 2), (1, 3)]) == nil)
    #expect(LinearFit([(1, 2), (2, 2)])?.rSquared == 1)
  }

  @Test(arguments: [([], 0), ([3], 3), ([4, 1], 2.5), ([9, 1, 5], 5)] as [([Double], Double)])
  func medians(values: [Double], expected: Double) {
    #expect(values.median == expected)
  }

  @Test(arguments: [(4.5e-6, "4.50 µs"), (0.0123, "12.3 ms"), (0.99999, "1.00 s"), (75, "1:15"), (0, "0 µs")])
  func shortTimes(seconds: Double, expected: String) {
    #expect(Quantity.milliseconds(seconds) == expected)
  }

  @Test func jsonIsOneLineOnStandardOutput() throws {
    let test = TestConsole()
    try test.console.printJSON(.fields([("b", .integers([1, 2] as [Int32])), ("a", .null)]))
    try test.console.output.flush()
    #expect(test.output.text == "{\"b\":[1,2],\"a\":null}\n")
    #expect(test.error.text.isEmpty)
  }

  @Test func interruptionsComeFromTestsToo() throws {
    let test = TestConsole()
    test.console.catchInterrupts()
    try test.console.interruption.check()
    test.console.interruption.request()
    let error = #expect(throws: ApusError.self) { try test.console.interruption.check() }
    #expect(error?.kind == .interrupted)
  }
}
