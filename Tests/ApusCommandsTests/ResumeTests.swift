// A run that is killed at any instant, or asked to stop, and resumed ends with the bits of one that was left alone.
// Each resumption has another number of threads and other micro-batches, which must not show either.

import ApusCore
import ApusTensor
import ApusTraining
import Foundation
import Testing

@testable import ApusCommands

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

@Suite(.serialized) struct ResumeTests {
  static let steps = 150
  static let settings = ["checkpoints.every=3", "evaluation.every=10"]

  let run: TinyRun

  init() throws { run = try TinyRun() }

  private func resume(_ name: String, _ attempt: Int) throws -> ChildProcess {
    let micro = ["training.micro_batch=\(attempt % 5)"]
    return try ChildProcess(
      run.arguments(
        name, steps: Self.steps, Self.settings + micro, ["--resume", "--threads", "\(1 + attempt % 3)"]))
  }

  @Test(.timeLimit(.minutes(2))) func killedAtTwentyInstantsItEndsWithTheSameBits() throws {
    let whole = try ChildProcess(run.arguments("whole", steps: Self.steps, Self.settings)).wait()
    try #require(whole.status == 0, "\(whole.error)")
    let expected = try run.result("whole", step: Self.steps)
    let seed = UInt64.random(in: 0...UInt64(UInt32.max))
    var random = Philox(seed: seed).stream()
    var (kills, partial, runs) = (0, 0, 0)
    while kills < 20 {
      let name = "killed-\(runs)"
      runs += 1
      var attempt = 0
      while kills < 20, !FileSystem.isFolder(RunFolder(run.path(name)).final) {
        let child = try resume(name, attempt)
        attempt += 1
        waitForTraining(child, unless: Int.random(in: 0..<5, using: &random) == 0)
        usleep(UInt32.random(in: 0..<90_000, using: &random))
        child.send(SIGKILL)
        let outcome = child.wait()
        try #require(outcome.status == -SIGKILL || outcome.status == 0, "seed \(seed): \(outcome.error)")
        if outcome.status != 0 { kills += 1 }
        partial += try leftovers(name)
      }
      let outcome = try resume(name, attempt).wait()
      try #require(outcome.status == 0, "seed \(seed): \(outcome.error)")
      #expect((try run.result(name, step: Self.steps) == expected) == true, "seed \(seed), \(name)")
      #expect(try leftovers(name) == 0)
    }
    print("killed \(kills) times in \(runs) runs, \(partial) times within a checkpoint's writing (seed \(seed))")
  }

  /// Until the child says that it trains, for some of the kills are to come before.
  private func waitForTraining(_ child: ChildProcess, unless early: Bool) {
    while !early, child.isRunning, !child.error.contains("training tokens") { usleep(2000) }
  }

  /// Checkpoints that were being written or removed.
  private func leftovers(_ name: String) throws -> Int {
    let folder = RunFolder(run.path(name))
    guard FileSystem.isFolder(folder.checkpoints) else { return 0 }
    return try (FileSystem.list(folder.checkpoints) + FileSystem.list(folder.path))
      .filter { $0.hasPrefix(".") && ($0.hasSuffix(".partial") || $0.hasSuffix(".removed")) }.count
  }

  /// One step of this run takes far longer than the test may.
  @Test(.timeLimit(.minutes(2)), arguments: [0, 4]) func aLongStepIsAbandoned(microBatch: Int) throws {
    let long = ["training.batch=1000000", "training.micro_batch=\(microBatch)"]
    let child = try ChildProcess(run.arguments("long", long))
    waitForTraining(child, unless: false)
    usleep(300_000)
    let start = Clock.seconds()
    child.send(SIGTERM)
    let outcome = child.wait()
    let seconds = Clock.seconds() - start
    print("stopped within \(seconds) s at a micro-batch of \(microBatch)")
    #expect(seconds < 10)
    #expect(outcome.failed(130, "stopped after step 0 of 6", "--resume"), "\(outcome.status) \(outcome.error)")
    #expect(try RunFolder(run.path("long")).checkpointSteps() == [0])
  }

  /// The step before it is done, but not yet in the log: resumed, the run validates again and goes on as if nothing
  /// were.
  @Test(arguments: [3, 6]) func anAbandonedValidationIsMadeUpFor(step: Int) throws {
    let settings = ["evaluation.every=3"]
    let whole = try ChildProcess(run.arguments("whole", settings)).wait()
    try #require(whole.status == 0, "\(whole.error)")
    let configuration = try run.configuration(settings)
    try stopAfter(step, configuration)
    let resumed = try TrainingRun(configuration, folder: run.path("stopped"), start: .resume, workspace: Workspace())
    let made = try resumed.next()
    #expect(made?.step == step && made?.validation != nil)
    while try resumed.next() != nil {}
    #expect((try run.result("stopped", step: 6) == run.result("whole", step: 6)) == true)
  }

  /// The first computation after `step` is its validation.
  private func stopAfter(_ step: Int, _ configuration: PretrainConfiguration) throws {
    let run = try TrainingRun(configuration, folder: run.path("stopped"), workspace: Workspace())
    let trainer = run.trainer
    trainer.workspace.check = { [weak trainer] () throws(ApusError) in
      if trainer?.progress.step == step { throw ApusError(.interrupted, "interrupted") }
    }
    let error = #expect(throws: ApusError.self) { while try run.next() != nil {} }
    #expect(error?.kind == .interrupted && trainer.progress.step == step)
    try run.save()
  }

  @Test(arguments: [SIGINT, SIGTERM]) func askedToStopItSavesAndContinues(signal: Int32) throws {
    let whole = try ChildProcess(run.arguments("whole", steps: Self.steps, Self.settings)).wait()
    try #require(whole.status == 0, "\(whole.error)")
    let name = "stopped-\(signal)"
    let child = try ChildProcess(run.arguments(name, steps: Self.steps, Self.settings))
    waitForTraining(child, unless: false)
    child.send(signal)
    let stopped = child.wait()
    #expect(stopped.status == 130, "\(stopped.error)")
    #expect(stopped.error.contains("continue with --resume"))
    let saved = try #require(try RunFolder(run.path(name)).checkpointSteps().last)
    #expect(stopped.error.contains("stopped after step \(saved) of \(Self.steps)"), "\(stopped.error)")
    #expect(try resume(name, 1).wait().status == 0)
    #expect((try run.result(name, step: Self.steps) == run.result("whole", step: Self.steps)) == true)
  }
}
