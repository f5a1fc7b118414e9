import ApusTestSupport
import ApusTraining
import Foundation
import Testing

@Suite struct ScheduleTests {
  @Test func cosineClimbsThenFallsToTheMinimum() {
    let schedule = Schedule(.cosine, peak: 1, minimum: 0.1, warmupSteps: 4, totalSteps: 24)
    #expect((0..<4).map { schedule.rate(at: $0) } == [0.2, 0.4, 0.6, 0.8])
    #expect(schedule.rate(at: 4) == 1)
    #expect(abs(schedule.rate(at: 14) - 0.55) < 1e-15)
    #expect(schedule.rate(at: 24) == 0.1)
    #expect(schedule.rate(at: 1_000_000) == 0.1)
  }

  @Test func wsdHoldsThePeakUntilTheDecay() {
    let schedule = Schedule(.wsd, peak: 2, minimum: 1, warmupSteps: 2, decaySteps: 4, totalSteps: 10)
    #expect((0..<11).map { schedule.rate(at: $0) } == [1, 2, 2, 2, 2, 2, 2, 1.75, 1.5, 1.25, 1])
  }

  @Test func constantAndNoWarmup() {
    #expect(Schedule(.constant, peak: 3, warmupSteps: 3, totalSteps: 9).rate(at: 1) == 2)
    for shape in Schedule.Shape.allCases {
      #expect(Schedule(shape, peak: 3, decaySteps: 2, totalSteps: 9).rate(at: 0) == 3)
    }
  }

  /// The `lr` column of every trajectory, by layout: whatever folders there are.
  @Test func reproducesTheTrajectories() throws {
    guard let root = Fixtures.folder("training", for: "ScheduleTests") else { return }
    var cases = 0
    for folder in try FileManager.default.contentsOfDirectory(at: root, includingPropertiesForKeys: nil) {
      guard let data = try? Data(contentsOf: folder.appending(path: "trajectory.json")),
        let json = try JSONSerialization.jsonObject(with: data) as? [String: Any],
        let schedule = json["schedule"].flatMap(Self.schedule),
        let steps = json["trajectory"] as? [[String: Any]]
      else { continue }
      for step in steps {
        guard let index = step["step"] as? Int, let rate = step["lr"] as? Double else { continue }
        #expect(abs(schedule.rate(at: index) - rate) <= 1e-15, "\(folder.lastPathComponent) step \(index)")
        cases += 1
      }
    }
    print("ScheduleTests: \(cases) learning rates compared")
  }

  private static func schedule(_ value: Any) -> Schedule? {
    guard let fields = value as? [String: Any], let name = fields["name"] as? String,
      let shape = Schedule.Shape(rawValue: name), let peak = fields["base"] as? Double,
      let minimum = fields["min"] as? Double, let warmup = fields["warmup"] as? Int, let decay = fields["decay"] as? Int
    else { return nil }
    return Schedule(
      shape, peak: peak, minimum: minimum, warmupSteps: warmup, decaySteps: decay,
      totalSteps: fields["total"] as? Int ?? decay)
  }
}
