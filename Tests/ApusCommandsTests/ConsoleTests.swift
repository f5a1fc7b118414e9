// Streams, lines, progress and numbers of the console.

import ApusCore
import Foundation
import Logging
import Testing

@testable import ApusCommands

@Suite struct ConsoleTests {
  /// A sink that fails in a given way.
  struct FailingSink: ByteSink {
    let failure: OpenDescriptor.Failure
    func write(_ bytes: [UInt8]) throws(OpenDescriptor.Failure) { throw failure }
  }

  @Test func outputKeepsOrderAcrossItsBuffer() throws {
    let sink = MemorySink()
    let output = Output(sink, name: "standard output")
    let long = String(repeating: "x", count: 70_000)
    try output.write("a")
    #expect(sink.text.isEmpty)
    try output.write(long)
    try output.line("b")
    try output.flush()
    #expect(sink.text == "a" + long + "b\n")
  }

  @Test func fullDiskIsAnInputOutputError() {
    let output = Output(FailingSink(failure: .refused("no space left on device")), name: "standard output")
    let error = #expect(throws: ApusError.self) {
      try output.write("text")
      try output.flush()
    }
    #expect(error?.kind == .inputOutput)
    #expect(error?.description.contains("standard output") == true)
    #expect(!output.isClosedByReader)
  }

  @Test func closedPipeIsRemembered() {
    let output = Output(FailingSink(failure: .closedByReader), name: "standard output")
    #expect(throws: ApusError.self) {
      try output.write("text")
      try output.flush()
    }
    #expect(output.isClosedByReader)
  }

  @Test(arguments: [
    ("", []), ("a", ["a"]), ("a\n", ["a"]), ("a\nb", ["a", "b"]), ("\n\na\r\n", ["", "", "a\r"]),
  ])
  func linesAreCutAtLineFeeds(text: String, expected: [String]) throws {
    var reader = LineReader(MemorySource(text))
    var lines: [String] = []
    while let line = try reader.next() { lines.append(String(decoding: line, as: UTF8.self)) }
    #expect(lines == expected)
    #expect(try reader.next() == nil)
  }

  @Test func linesMayBeLongerThanOneRead() throws {
    let long = String(repeating: "x", count: 200_000)
    var reader = LineReader(MemorySource(long + "\ny\n"))
    #expect(try reader.next()?.count == 200_000)
    #expect(try reader.next() == [0x79])
    #expect(try reader.next() == nil)
  }

  @Test func notesKeepALiveLineBelowThem() {
    let test = TestConsole(isInteractive: true)
    test.console.setLiveLine("10 %")
    test.console.note("hello")
    test.console.setLiveLine(nil)
    let clear = "\r\u{1B}[2K"
    #expect(test.error.text == "\(clear)10 %\(clear)hello\n10 %\(clear)")
    #expect(test.output.text.isEmpty)
  }

  @Test func logGoesToStandardErrorFromItsLevelOn() {
    let test = TestConsole()
    var logger = test.console.logger
    logger[metadataKey: "file"] = "a"
    logger.info("quiet")
    logger.warning("loud", metadata: ["bytes": "3"])
    #expect(test.error.text == "warning: loud bytes=3 file=a\n")
  }

  @Test(arguments: [
    (0.0, "0"), (999, "999"), (999.6, "1.00k"), (1234, "1.23k"), (45_600, "45.6k"), (999_900, "1.00M"), (0.5, "0.50"),
    (-2000, "-2.00k"), (.infinity, "inf"), (12.345, "12.3"),
  ])
  func shortNumbers(value: Double, expected: String) {
    #expect(Quantity.short(value) == expected)
  }

  @Test(arguments: [
    (0.0, "0.00 s"), (9.996, "10.0 s"), (59.96, "1:00"), (245, "4:05"), (7384, "2:03:04"), (.nan, "?"), (-1, "0.00 s"),
  ])
  func times(seconds: Double, expected: String) {
    #expect(Quantity.time(seconds) == expected)
  }

  @Test func textOfOthersSteersNoTerminal() {
    #expect("a\u{1B}[31m\r\n\u{202E}b\t\u{FEFF}\u{301}".printable == "a·[31m··b···")
    let words = "na\u{308}ive नमस्ते 日本 👩‍🔬 ✓"
    #expect(words.printable == words)
    #expect(Quantity.counted(1, "tensor") == "1 tensor" && Quantity.counted(0, "tensor") == "0 tensors")
  }

  @Test func bytesHaveBinaryUnits() {
    #expect(Quantity.bytes(512) == "512 B")
    #expect(Quantity.bytes(1536) == "1.50 KiB")
    #expect(Quantity.bytes(2 << 30) == "2.00 GiB")
  }
}

@Suite struct ProgressTests {
  @Test func plainLinesAreFewAndSayRateAndTimeLeft() throws {
    let test = TestConsole()
    let progress = ProgressReporter(test.console, "Training", total: 1000, unit: "tokens")
    for step in 1...80 {
      test.time.advance(0.125)
      progress.update(step * 10, note: "loss \(step)")
    }
    progress.finish()
    progress.update(5)
    let lines = test.error.text.split(separator: "\n")
    try #require(lines.count == 3)  // at 5 s, at 10 s, and the end
    #expect(lines[0].hasPrefix("Training: 40 % (400/1,000 tokens), 80 tokens/s, 7.50 s left, loss 40"))
    #expect(lines[2] == "Training: 800 tokens in 10.0 s")
    #expect(!test.error.text.contains("\u{1B}"))
  }

  @Test func liveBarIsRedrawnAtABoundedRateWithinTheWidth() {
    let test = TestConsole(isInteractive: true, width: 60)
    let progress = ProgressReporter(test.console, "Reading", total: 10_000, unit: "bytes")
    for step in 1...1000 {
      test.time.advance(0.001)
      progress.update(step * 10, note: String(repeating: "n", count: 100))
    }
    progress.finish("done")
    let drawings = test.error.text.components(separatedBy: "\r\u{1B}[2K").dropFirst()
    #expect((10...13).contains(drawings.count))
    #expect(drawings.allSatisfy { $0.count < 60 })
    #expect(drawings.last == "Reading: done\n")
  }

  @Test func unknownTotalsAndResumedWorkCountOnlyWhatWasDone() {
    let test = TestConsole()
    let progress = ProgressReporter(test.console, "Reading", total: nil, unit: "lines", completed: 1_000_000)
    test.time.advance(10)
    progress.update(1_000_500)
    #expect(test.error.text == "Reading: 1.00M lines, 50 lines/s\n")
  }
}
