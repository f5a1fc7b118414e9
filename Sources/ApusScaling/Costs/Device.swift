// What trains: a device's rate and memory, by name or as measured. The peaks are the vendors' for dense 16-bit
// products; what of them a training reaches (the utilisation) is for the caller to say or to measure.

public import ApusCore

/// One accelerator, or this machine.
public struct Device: Sendable, Equatable {
  /// The name by which commands call it.
  public var name: String
  /// Operations a second at best, dense bfloat16.
  public var peak: Double
  /// Bytes of memory; nil where unknown.
  public var memory: Double?
  /// The share of the peak that a training reaches.
  public var utilisation: Double

  /// States a device.
  public init(name: String, peak: Double, memory: Double?, utilisation: Double = 0.4) {
    self.name = name
    self.peak = peak
    self.memory = memory
    self.utilisation = utilisation
  }

  /// Operations a second in training.
  public var rate: Double { peak * utilisation }

  /// Those known by name.
  public static let all = [
    Device(name: "a100", peak: 312e12, memory: 80e9), Device(name: "h100", peak: 989e12, memory: 80e9),
    Device(name: "h200", peak: 989e12, memory: 141e9), Device(name: "b200", peak: 2250e12, memory: 192e9),
    Device(name: "mi300x", peak: 1307e12, memory: 192e9), Device(name: "rtx4090", peak: 165e12, memory: 24e9),
  ]

  /// The device called `name`.
  ///
  /// - Throws: A name that there is not.
  public static func named(_ name: String) throws(ApusError) -> Device {
    if let device = all.first(where: { $0.name == name }) { return device }
    throw ApusError(
      .usage, "there is no device '\(name)'",
      remedy: "there are \(all.map(\.name).joined(separator: ", ")); or give --measured FILE")
  }

  /// This machine, from what `apus benchmark training --format json` wrote: its rate counts 6 operations a parameter
  /// and attention over the whole context, as the planner's times do.
  ///
  /// - Throws: A file that is not such an answer.
  public static func measured(_ path: String) throws(ApusError) -> Device {
    let reader = try JSON.Reader(JSON.read(path), file: path)
    let (rate, peak) = (
      try reader.requiredDouble("flops_per_second"), try reader.double("peak_flops_per_second", default: 0)
    )
    guard rate > 0, rate.isFinite, peak >= 0, peak.isFinite else {
      throw reader.error(
        "flops_per_second", "is \(rate)", remedy: "give the file that apus benchmark training --format json wrote")
    }
    let best = max(rate, peak)
    return Device(name: "measured", peak: best, memory: nil, utilisation: rate / best)
  }
}
