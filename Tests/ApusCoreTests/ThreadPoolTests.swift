// The pool under stress: every task once, nesting, concurrent callers, many tiny regions.

import ApusCore
import Synchronization
import Testing

@Suite struct ThreadPoolTests {
  @Test(arguments: [1, 2, 3, 7], [0, 1, 2, 5, 64, 1000])
  func runsEveryTaskOnce(threads: Int, count: Int) {
    let pool = ThreadPool(threads: threads)
    #expect(pool.threads == threads)
    let runs = Mutex([Int](repeating: 0, count: count))
    pool.run(count) { index, worker in
      #expect(0..<threads ~= worker)
      runs.withLock { $0[index] += 1 }
    }
    #expect(runs.withLock { $0.allSatisfy { $0 == 1 } })
  }

  @Test func aNegativeCountRunsNothing() {
    ThreadPool(threads: 2).run(-3) { _, _ in Issue.record("ran") }
  }

  @Test func manyTinyRegionsLoseNothing() {
    let pool = ThreadPool(threads: 4)
    let sum = Atomic(0)
    var expected = 0
    for region in 0..<20_000 {
      let count = region % 7
      pool.run(count) { index, _ in sum.wrappingAdd(index + region, ordering: .relaxed) }
      expected += count * region + count * (count - 1) / 2
      // What the tasks wrote is visible at the region's end.
      if sum.load(ordering: .relaxed) != expected { Issue.record("region \(region) ended early"); return }
    }
    #expect(sum.load(ordering: .relaxed) == expected)
  }

  @Test func plainMemoryWrittenByTasksIsSeenByTheCaller() {
    let pool = ThreadPool(threads: 3)
    let values = UnsafeMutablePointer<Int>.allocate(capacity: 64)
    defer { values.deallocate() }
    values.initialize(repeating: 0, count: 64)
    nonisolated(unsafe) let shared = values
    for region in 1...2_000 {
      pool.run(64) { index, _ in shared[index] += index }
      if !(0..<64).allSatisfy({ values[$0] == region * $0 }) { Issue.record("region \(region) lost a write"); return }
    }
  }

  /// The closure is lent by its words: what it captures, by value and by reference, must be what the tasks see.
  @Test func tasksSeeWhatTheClosureCaptures() {
    let pool = ThreadPool(threads: 3)
    for region in 0..<2_000 {
      let (a, b, name, list) = (region, Double(region) / 3, "region \(region)", [region, region + 1])
      var results = [Int](repeating: 0, count: 16)
      var last = -1
      results.withUnsafeMutableBufferPointer { results in
        nonisolated(unsafe) let results = results
        pool.run(16) { index, _ in
          results[index] = a + Int(b * 3) + list[1] + name.utf8.count
          if index == 7 { last = region }
        }
      }
      let expected = a + Int(b * 3) + region + 1 + "region \(region)".utf8.count
      if last != region || results.contains(where: { $0 != expected }) { Issue.record("region \(region)"); return }
    }
  }

  @Test func workersThatRunAtOnceDiffer() {
    let pool = ThreadPool(threads: 4)
    let busy = Mutex([Bool](repeating: false, count: 4))
    for _ in 0..<200 {
      pool.run(32) { _, worker in
        let wasBusy = busy.withLock { state in
          defer { state[worker] = true }
          return state[worker]
        }
        #expect(!wasBusy)
        for _ in 0..<200 { _ = busy.withLock { $0[worker] } }
        busy.withLock { $0[worker] = false }
      }
    }
  }

  @Test func aRegionInsideATaskRunsInlineAsTheSameWorker() {
    let pool = ThreadPool(threads: 3)
    let inner = Atomic(0)
    for _ in 0..<200 {
      pool.run(9) { _, outer in
        pool.run(5) { _, worker in
          #expect(worker == outer)
          inner.wrappingAdd(1, ordering: .relaxed)
        }
      }
    }
    #expect(inner.load(ordering: .relaxed) == 200 * 9 * 5)
  }

  @Test func poolsWorkInsideEachOther() {
    let (outer, inner) = (ThreadPool(threads: 3), ThreadPool(threads: 2))
    let tasks = Atomic(0)
    for _ in 0..<300 {
      outer.run(6) { _, _ in
        inner.run(4) { _, worker in
          #expect(0..<2 ~= worker)
          tasks.wrappingAdd(1, ordering: .relaxed)
        }
      }
    }
    #expect(tasks.load(ordering: .relaxed) == 300 * 24)
  }

  @Test func concurrentCallersAllGetTheirWorkDone() async {
    let pool = ThreadPool(threads: 3)
    await withTaskGroup(of: Int.self) { group in
      for caller in 0..<6 {
        group.addTask {
          let sum = Atomic(0)
          for _ in 0..<500 { pool.run(10) { index, _ in sum.wrappingAdd(index * caller, ordering: .relaxed) } }
          return sum.load(ordering: .relaxed) == 500 * 45 * caller ? 0 : 1
        }
      }
      for await wrong in group { #expect(wrong == 0) }
    }
  }

  @Test func workersWakeAfterASleep() {
    let pool = ThreadPool(threads: 4)
    for _ in 0..<20 {
      Platform.sleep(seconds: 0.001)
      let runs = Atomic(0)
      pool.run(100) { _, _ in runs.wrappingAdd(1, ordering: .relaxed) }
      #expect(runs.load(ordering: .relaxed) == 100)
    }
  }

  @Test func poolsComeAndGo() {
    for count in 1...60 {
      let pool = ThreadPool(threads: 1 + count % 5)
      let runs = Atomic(0)
      if count % 3 != 0 { pool.run(count) { _, _ in runs.wrappingAdd(1, ordering: .relaxed) } }
      #expect(runs.load(ordering: .relaxed) == (count % 3 != 0 ? count : 0))
    }
  }

  @Test(arguments: [(0, 4), (1, 4), (8, 4), (10, 4), (3, 0)])
  func chunksCoverTheItemsInOrder(count: Int, size: Int) {
    let ranges = Mutex([Range<Int>]())
    ThreadPool(threads: 2).run(count, chunk: size) { range, _ in ranges.withLock { $0.append(range) } }
    let sorted = ranges.withLock { $0.sorted { $0.lowerBound < $1.lowerBound } }
    #expect(sorted.flatMap { Array($0) } == Array(0..<count))
    #expect(sorted.allSatisfy { $0.count <= max(1, size) && !$0.isEmpty })
  }
}
