// What asks for more than this machine has: refused before it is begun, or, where the system itself refuses, one
// sentence.

import ApusCore
import Testing

@testable import ApusCommands

@Suite struct LimitsTests {
  let run: TinyRun

  init() throws { run = try TinyRun() }

  @Test func stepsBeyondTheMemoryAreRefused() async throws {
    let large = ["training.batch=1000000", "model.context=1000"]
    let outcome = await apus(run.arguments("large", large + ["training.micro_batch=1000000"]))
    #expect(outcome.failed(64, "GiB", "1000000000 tokens", "training.micro_batch"), "\(outcome.error)")
    let inSteps = await apus(run.arguments("steps", large + ["training.micro_batch=100000"]))
    #expect(inSteps.failed(64, "GiB", "100000000 tokens"), "\(inSteps.error)")
    let benchmark = await apus("benchmark", "training", "--batch", "1000000", "--context", "1000000")
    #expect(benchmark.failed(64, "GiB", "model.context"), "\(benchmark.error)")
  }

  /// A limit on the address space stands for a machine whose memory others use.
  @Test func memoryThatTheSystemRefusesIsOneSentence() throws {
    let arguments = ["benchmark", "training", "--batch", "500", "--context", "64", "--steps", "1", "--threads", "2"]
    let outcome = try ChildProcess(arguments, shell: #"ulimit -v 600000; exec "$@""#).wait()
    #expect(outcome.failed(70, "bytes of memory", "smaller"), "\(outcome.status) \(outcome.error)")
  }

  @Test(arguments: ["abc", "0", "-1", "2.5", "1025"])
  func aNumberOfThreadsThatIsNoneIsRefused(value: String) throws {
    let outcome = try ChildProcess(["inspect", "nowhere"], shell: "export APUS_THREADS=\(value); exec \"$@\"").wait()
    #expect(outcome.failed(64, "APUS_THREADS is '\(value)'", "1 to 1024"), "\(outcome.status) \(outcome.error)")
    // The option comes first, as its help says.
    let told = try ChildProcess(
      ["inspect", "nowhere", "--threads", "1"], shell: "export APUS_THREADS=\(value); exec \"$@\""
    ).wait()
    #expect(told.failed(66, "nowhere"), "\(told.status) \(told.error)")
  }

  @Test func threadsAreTakenFromTheEnvironment() throws {
    let arguments = ["benchmark", "threads", "--regions", "1", "--format", "json"]
    let outcome = try ChildProcess(arguments, shell: #"export APUS_THREADS=3; exec "$@""#).wait()
    #expect(try JSON.parse(outcome.output)["threads"]?.int == 3, "\(outcome.error)")
  }

  @Test func regionsAreMeasured() async throws {
    let text = await apus("benchmark", "threads", "--regions", "2")
    #expect(text.status == 0 && text.output.contains("dispatch") && text.output.contains("meeting"), "\(text.error)")
    let json = try JSON.parse(await apus("benchmark", "threads", "--regions", "2", "--format", "json").output)
    for key in ["dispatch_seconds", "meeting_seconds", "dispatch_seconds_best_tenth"] {
      #expect((json[key]?.double ?? 0) > 0, "\(key)")
    }
    #expect(await apus("benchmark", "threads", "--regions", "0").status == 64)
  }
}
