// A fixed crew of threads for the parallel regions inside a forward or backward pass, which are short (microseconds)
// and many. A region is `count` tasks claimed one by one; the caller claims like any worker and never waits for a
// worker that has not started: it waits only for tasks that somebody has claimed. A worker that wakes late finds
// nothing to claim. Each begins with its own share of the tasks, the same in every region of as many, so that what one
// region leaves in a core's cache the next finds there; then it takes what others have not come to. It knows nothing of
// what the tasks do. What they compute must not depend on who runs them, or in which order.

import Synchronization

/// Threads that share the tasks of one parallel region at a time.
public final class ThreadPool: Sendable {
  /// How many threads work on a region: the caller and the pool's own.
  public let threads: Int

  private let crew: Crew
  private let workers: [NativeThread]

  /// Makes a pool of the caller and `threads` − 1 more; fewer where the system refuses so many.
  public init(threads wanted: Int = Platform.processorCount) {
    let most = max(1, min(wanted, 1024))
    let crew = Crew(most: most)
    var workers: [NativeThread] = []
    for index in 1..<most {
      guard let worker = NativeThread({ crew.work(as: index) }) else { break }
      workers.append(worker)
    }
    self.crew = crew
    self.workers = workers
    threads = workers.count + 1
  }

  deinit {
    crew.dismiss()
    for worker in workers { worker.join() }
    crew.forgetThreads()
  }

  /// Runs `body(index, worker)` once for every index below `count`, and returns when all have ended.
  ///
  /// `worker` is below `threads`, and no two tasks that run at once in a region have the same one: scratch memory may
  /// be kept by worker. A call from inside a task runs inline, as the worker that it comes from; a call while another
  /// thread has the pool runs inline as worker 0, so scratch that outlives a region must not be shared by concurrent
  /// callers.
  public func run(_ count: Int, _ body: (_ index: Int, _ worker: Int) -> Void) {
    if count > 1, threads > 1, crew.begin() {
      LentClosure.lend(body) { crew.finish(count, threads, $0) }
    } else {
      let worker = crew.currentWorker
      for index in 0..<max(0, count) { body(index, worker) }
    }
  }

  /// Splits `count` items into chunks of `size` (the last may be shorter) and runs `body(range, worker)` for each.
  ///
  /// The chunks depend on `count` and `size` alone, so results combined in chunk order do not depend on the threads.
  public func run(_ count: Int, chunk size: Int, _ body: (_ items: Range<Int>, _ worker: Int) -> Void) {
    let size = max(1, size)
    run((count + size - 1) / size) { index, worker in
      body(index * size..<min(count, (index + 1) * size), worker)
    }
  }
}

extension ThreadPool {
  private static let wantedThreads = Atomic(0)

  /// The pool that a program shares; made at its first use.
  ///
  /// Its size is what `setSharedThreads` asked for, else the environment's `APUS_THREADS` where that is a number, else
  /// the number of processors.
  public static let shared = {
    let asked = wantedThreads.load(ordering: .relaxed)
    let environment = Platform.environment("APUS_THREADS").flatMap { Int($0) } ?? 0
    return ThreadPool(threads: asked > 0 ? asked : environment > 0 ? environment : Platform.processorCount)
  }()

  /// Sets the size of the shared pool; works only before the pool's first use, and says whether it has that size now.
  @discardableResult
  public static func setSharedThreads(_ count: Int) -> Bool {
    wantedThreads.store(max(0, count), ordering: .relaxed)
    return shared.threads == count
  }
}

/// What the pool and its workers share. The workers hold it, not the pool, so that the pool can be let go.
///
/// A task is claimed by taking one from `unclaimed`; a successful claim keeps the region open until the claimer counts
/// `unfinished` down. So the region's description may be read between the two, and it is written only when no region
/// is open: no other lock is needed. Which task it is, the claimer then takes from the shares, its own first: there are
/// as many in them as were claimed or are to be, so it finds one.
private final class Crew: @unchecked Sendable {
  private let occupied = Atomic(false)
  private let unclaimed = Atomic(0)
  private let unfinished = Atomic(0)
  private let shares: UnsafeMutablePointer<Atomic<Int>>  // tasks left in each worker's share
  private let sleepers = Atomic(0)
  private let callerSleeps = Atomic(false)
  private let dismissed = Atomic(false)
  private let monitor = Monitor()
  private let threadLocal = ThreadLocal()

  // The open region; see above for who may touch them and when.
  private var count = 0
  private var threads = 1
  private var body: LentClosure?

  /// How long a thread watches before it sleeps: longer than the gap between two regions, shorter than a time slice.
  private static let patience: UInt64 = 30_000

  /// A crew of at most `most` threads.
  init(most: Int) {
    shares = .allocate(capacity: most)
    for worker in 0..<most { (shares + worker).initialize(to: Atomic(0)) }
  }

  deinit { shares.deallocate() }

  /// The worker that the current thread is, inside a task; else 0.
  var currentWorker: Int { max(0, (threadLocal?.value ?? 0) - 1) }

  /// Takes the pool for a region; false where another thread, or this one further up, has it.
  func begin() -> Bool {
    threadLocal?.value == 0 && !occupied.exchange(true, ordering: .acquiring)
  }

  /// Runs the region's tasks with the workers' help, then gives the pool back.
  func finish(_ tasks: Int, _ threads: Int, _ work: LentClosure) {
    threadLocal?.value = 1
    count = tasks
    self.threads = threads
    body = work
    for worker in 0..<threads { shares[worker].store(end(of: worker) - end(of: worker - 1), ordering: .relaxed) }
    unfinished.store(tasks, ordering: .relaxed)
    unclaimed.store(tasks, ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 { monitor.locked { monitor.wakeAll() } }
    help(as: 0)
    waitForTheRest()
    threadLocal?.value = 0
    occupied.store(false, ordering: .releasing)
  }

  /// A worker's life.
  func work(as worker: Int) {
    threadLocal?.value = worker + 1
    while !dismissed.load(ordering: .acquiring) {
      help(as: worker)
      if !watch({ unclaimed.load(ordering: .relaxed) > 0 || dismissed.load(ordering: .relaxed) }) { sleep() }
    }
  }

  /// Ends the workers' lives.
  func dismiss() {
    dismissed.store(true, ordering: .sequentiallyConsistent)
    monitor.locked { monitor.wakeAll() }
  }

  func forgetThreads() { threadLocal?.delete() }

  /// Claims and runs tasks until none is left.
  private func help(as worker: Int) {
    while claim(), let body {
      body(task(for: worker), worker)
      if unfinished.wrappingSubtract(1, ordering: .sequentiallyConsistent).newValue == 0,
        callerSleeps.load(ordering: .sequentiallyConsistent)
      {
        monitor.locked { monitor.wakeAll() }
      }
    }
  }

  private func claim() -> Bool { Self.takeOne(from: unclaimed) != nil }

  /// The task that a claim is for: of the worker's own share, else of the next that has one.
  private func task(for worker: Int) -> Int {
    var owner = worker
    while true {
      if let left = Self.takeOne(from: shares[owner]) { return end(of: owner) - left }
      owner = owner + 1 < threads ? owner + 1 : 0
    }
  }

  /// Where a worker's share of the tasks ends.
  private func end(of worker: Int) -> Int { (worker + 1) * count / threads }

  /// Counts down; what was there before, nil where nothing was.
  private static func takeOne(from counter: borrowing Atomic<Int>) -> Int? {
    var left = counter.load(ordering: .relaxed)
    while left > 0 {
      let (taken, now) = counter.weakCompareExchange(expected: left, desired: left - 1, ordering: .acquiring)
      if taken { return left }
      left = now
    }
    return nil
  }

  private func waitForTheRest() {
    if watch({ unfinished.load(ordering: .acquiring) == 0 }) { return }
    monitor.lock()
    callerSleeps.store(true, ordering: .sequentiallyConsistent)
    while unfinished.load(ordering: .sequentiallyConsistent) > 0 { monitor.wait() }
    callerSleeps.store(false, ordering: .relaxed)
    monitor.unlock()
  }

  private func sleep() {
    monitor.lock()
    sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
    while unclaimed.load(ordering: .sequentiallyConsistent) == 0, !dismissed.load(ordering: .sequentiallyConsistent) {
      monitor.wait()
    }
    sleepers.wrappingSubtract(1, ordering: .relaxed)
    monitor.unlock()
  }

  /// Watches for `condition` with some patience; whether it came true.
  private func watch(_ condition: () -> Bool) -> Bool {
    let start = Clock.nanoseconds()
    repeat {
      for _ in 0..<32 where condition() { return true }
    } while Clock.nanoseconds() &- start < Self.patience
    return false
  }
}
