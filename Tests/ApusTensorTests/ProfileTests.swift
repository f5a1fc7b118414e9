// Timing of operations: a profile's times belong to the operations that ran, and every case of the benchmark runs.

import ApusCore
import Testing

@testable import ApusTensor

@Suite struct ProfileTests {
  private func pass(_ workspace: Workspace) {
    let weight = Parameter(name: "w", value: OperationCase.random(rows: 8, columns: 8), decays: false)
    workspace.begin(OperationCase.batch(rows: 1, length: 4), recording: true)
    let x = workspace.tape.variable(OperationCase.random(rows: 4, columns: 8))
    let y = workspace.gated(workspace.linear(x, weight: weight), .silu)
    workspace.tape.gradient(of: y).0.fill(1)
    workspace.tape.backward(in: workspace)
  }

  @Test func timesAreThoseOfTheOperationsThatRan() throws {
    let workspace = try Workspace()
    workspace.profile = OperationProfile()
    pass(workspace)
    let profile = try #require(workspace.profile)
    for kind in OperationProfile.Kind.allCases {
      let ran = kind == .linear || kind == .gate
      #expect((profile.forwardSeconds(kind) > 0) == ran, "\(kind) forward")
      #expect((profile.backwardSeconds(kind) > 0) == ran, "\(kind) backward")
    }
  }

  @Test func nobodyAsksNothingIsKept() throws {
    let workspace = try Workspace()
    pass(workspace)
    #expect(workspace.profile == nil)
  }

  @Test func aCaseGivesATimeForEachPart() throws {
    let workspace = try Workspace()
    let cases = [
      OperationCase.linear((m: 3, n: 5, k: 7)), .activated(rows: 3, width: 5, inner: 7),
      .attention(rows: 2, length: 5, heads: 2, headWidth: 4), .norm(.layer, rows: 3, width: 5),
      .norm(.rms, rows: 3, width: 5), .gated(rows: 3, inner: 5), .loss(rows: 3, width: 5, vocabulary: 11),
      .optimizer(values: 2048),
    ]
    for operation in cases {
      let times = operation.prepared()(workspace)
      #expect(times.count == operation.works.count, "\(operation.name)")
      #expect(times.allSatisfy { $0 > 0 }, "\(operation.name)")
    }
    #expect(Set(OperationCase.all.map { "\($0.name) \($0.shape)" }).count == OperationCase.all.count)
  }

  @Test func theLeastTimeIsTheDearerLimits() {
    let work = OperationCase.Work(part: "forward", flops: 100, bytes: 10)
    #expect(work.least(peak: 50, bandwidth: 10) == 2)
    #expect(!work.isBoundByMemory(peak: 50, bandwidth: 10))
    #expect(work.least(peak: 100, bandwidth: 2) == 5)
    #expect(work.isBoundByMemory(peak: 100, bandwidth: 2))
  }

  @Test func limitsAreMeasured() throws {
    let workspace = try Workspace()
    #expect(workspace.measuredPeak(seconds: 0.01) > 1e8)
    #expect(workspace.measuredBandwidth(rounds: 1) > 1e7)
  }
}
