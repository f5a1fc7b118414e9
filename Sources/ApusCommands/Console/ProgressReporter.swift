// Shows how far long work has come: a bar redrawn in place on a terminal, a plain line now and then elsewhere. It draws
// at a bounded rate whatever the rate of updates; the rate of the work is averaged over the last ten seconds or so.

import ApusCore
import Synchronization

/// How far work has come, shown on standard error.
///
/// ```swift
/// let progress = ProgressReporter(console, "Training", total: 1_000_000, unit: "tokens")
/// progress.update(4096, note: "loss 3.21")
/// progress.finish()
/// ```
public final class ProgressReporter: Sendable {
  private struct State {
    var completed: Int
    var started: Double
    var measured: Double  // when `rate` was last brought up to date …
    var measuredAt: Int  // … and how much was done then
    var rate: Double?
    var drawn: Double?
    var isFinished = false
  }

  /// Seconds between two drawings on a terminal, and between two lines elsewhere.
  static let liveInterval = 0.1, plainInterval = 5.0
  /// Seconds over which the rate is averaged.
  static let memory = 10.0

  private let console: Console
  private let label: String
  private let total: Int?
  private let unit: String
  private let state: Mutex<State>

  /// Work of `total` units (nil: nobody knows), of which `completed` were done before, say by a run that is resumed.
  public init(_ console: Console, _ label: String, total: Int?, unit: String, completed: Int = 0) {
    self.console = console
    self.label = label
    self.total = total
    self.unit = unit
    let now = console.clock()
    state = Mutex(State(completed: completed, started: now, measured: now, measuredAt: completed))
  }

  /// Says that `completed` units are done; `note` ends the line.
  public func update(_ completed: Int, note: String = "") {
    state.withLock { state in
      guard !state.isFinished else { return }
      let now = console.clock()
      state.completed = completed
      measure(&state, now)
      let interval = console.errorTerminal.isInteractive ? Self.liveInterval : Self.plainInterval
      if let drawn = state.drawn, now - drawn < interval { return }
      if state.drawn == nil && !console.errorTerminal.isInteractive && now - state.started < interval { return }
      state.drawn = now
      draw(state, note)
    }
  }

  /// Removes the bar and leaves one line: `summary`, or the amount, the time taken and the mean rate.
  public func finish(_ summary: String? = nil) {
    state.withLock { state in
      guard !state.isFinished else { return }
      state.isFinished = true
      console.setLiveLine(nil)
      console.note("\(label): \(summary ?? conclusion(state))")
    }
  }

  /// Removes the bar and leaves nothing: the work failed, and an error says so.
  public func abandon() {
    state.withLock { $0.isFinished = true }
    console.setLiveLine(nil)
  }

  private func measure(_ state: inout State, _ now: Double) {
    let elapsed = now - state.measured
    guard elapsed >= Self.liveInterval else { return }
    let recent = Double(state.completed - state.measuredAt) / elapsed
    let weight = 1 - Double.exp(-elapsed / Self.memory)
    state.rate = state.rate.map { $0 + weight * (recent - $0) } ?? recent
    state.measured = now
    state.measuredAt = state.completed
  }

  private func draw(_ state: State, _ note: String) {
    guard console.errorTerminal.isInteractive else {
      let facts = [amount(state), rate(state), timeLeft(state), note].filter { !$0.isEmpty }
      console.note("\(label): " + facts.joined(separator: ", "))
      return
    }
    console.setLiveLine(liveLine(state, note, width: max(10, console.errorTerminal.width - 1)))
  }

  /// What matters most comes first, for the line is cut to the width; the bar takes what the words leave.
  private func liveLine(_ state: State, _ note: String, width: Int) -> String {
    let facts = [amount(state), timeLeft(state), note, rate(state)].filter { !$0.isEmpty }
    let words = facts.joined(separator: "  ")
    let room = width - label.count - words.count - 6
    let line = ([label] + [bar(state, cells: min(20, room))].compactMap { $0 } + [words]).joined(separator: "  ")
    return String(line.prefix(width))
  }

  private func bar(_ state: State, cells: Int) -> String? {
    guard let total, total > 0, cells >= 5 else { return nil }
    let eighths = Int(min(1, max(0, Double(state.completed) / Double(total))) * Double(cells * 8))
    let partial = eighths % 8 == 0 ? "" : ["▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8 - 1]
    let full = String(repeating: "█", count: eighths / 8) + partial
    return "▕" + full + String(repeating: " ", count: cells - full.count) + "▏"
  }

  /// Exact as far as a reader follows, as steps are; large ones short.
  private static func count(_ value: Int) -> String {
    value < 100_000 ? NumberText.grouped(value) : Quantity.short(Double(value))
  }

  private func amount(_ state: State) -> String {
    guard let total, total > 0 else { return "\(Self.count(state.completed)) \(unit)" }
    let share = Int(100 * Double(state.completed) / Double(total))
    let amounts = "\(Self.count(state.completed))/\(Self.count(total))"
    return "\(share) % (\(amounts) \(unit))"
  }

  private func rate(_ state: State) -> String {
    state.rate.map { "\(Quantity.short($0)) \(unit)/s" } ?? ""
  }

  private func timeLeft(_ state: State) -> String {
    guard let total, let rate = state.rate, rate > 0, total > state.completed else { return "" }
    return "\(Quantity.time(Double(total - state.completed) / rate)) left"
  }

  private func conclusion(_ state: State) -> String {
    let elapsed = console.clock() - state.started
    return "\(Self.count(state.completed)) \(unit) in \(Quantity.time(elapsed))"
  }
}
