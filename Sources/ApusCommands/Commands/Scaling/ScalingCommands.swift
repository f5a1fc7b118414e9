// The group `apus scaling`, and what its commands share: budgets as people write them.

import ApusCore
import ApusScaling
import ArgumentParser

/// `apus scaling`: the laws, what each makes of a budget, plans.
struct ScalingCommands: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scaling",
    abstract: "Scaling laws: which model to train on how much text, by which law, and how sure that is.",
    discussion: """
      Budgets are FLOPs, written as 5.76e23. N counts parameters and D tokens; every law says which parameters its N \
      counts and what its loss is measured in. Documentation/Scaling.md explains the ideas.
      """,
    subcommands: [ScalingPlanCommand.self, ScalingCompare.self, ScalingFit.self, ScalingLaws.self]
  )
}

/// A positive number as people write it: 5.76e23, 70B, 1.4T, 350M, 20k.
struct Amount: ExpressibleByArgument, Equatable {
  var value: Double

  init(_ value: Double) { self.value = value }

  init?(argument: String) {
    let suffixes: [Character: Double] = ["k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9, "G": 1e9, "T": 1e12, "P": 1e15]
    let factor = argument.last.flatMap { suffixes[$0] }
    guard let number = Double(factor == nil ? argument : String(argument.dropLast())) else { return nil }
    let value = number * (factor ?? 1)
    guard value > 0, value.isFinite else { return nil }
    self.value = value
  }

  var defaultValueDescription: String { NumberText.short(value) }
}

/// What plans may be asked about: enough for one step of one neuron, and beyond all there will be.
enum PlanRange {
  static let flops = (1e6...1e40, "FLOPs")
  static let parameters = (1e3...1e16, "parameters")
  static let tokens = (1e3...1e20, "tokens")
  static let hours = (1e-3...1e7, "hours")
  static let dollars = (1e-4...1e15, "dollars")

  /// Refuses an amount that is out of all proportion.
  static func check(_ amount: Amount?, _ flag: String, _ range: (values: ClosedRange<Double>, unit: String)) throws {
    guard let amount, !range.values.contains(amount.value) else { return }
    let ends = [range.values.lowerBound, range.values.upperBound].map { NumberText.short($0) }
    throw ValidationError("\(flag) is \(NumberText.short(amount.value)); give \(ends[0]) to \(ends[1]) \(range.unit).")
  }
}
