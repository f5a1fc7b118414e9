// Results of independent tasks, in the order of the tasks, whoever ran them.

extension ThreadPool {
  /// Runs `body` once for every index below `count` and returns what it gave, by index.
  ///
  /// - Parameters:
  ///   - count: The number of tasks.
  ///   - scratch: Makes what tasks that run one after another may share; one for each thread.
  ///   - body: The task of an index. What it returns must not depend on what it finds in the scratch.
  public func map<Scratch, Result>(
    _ count: Int, scratch: () -> Scratch, _ body: (_ index: Int, _ scratch: inout Scratch) -> Result
  ) -> [Result] {
    let places = UnsafeMutableBufferPointer<Scratch>.allocate(capacity: threads)
    for place in places.indices { places.initializeElement(at: place, to: scratch()) }
    defer {
      places.deinitialize()
      places.deallocate()
    }
    return [Result](unsafeUninitializedCapacity: max(0, count)) { results, made in
      let results = results
      run(count) { index, worker in results.initializeElement(at: index, to: body(index, &places[worker])) }
      made = max(0, count)
    }
  }

  /// Runs `body` once for every index below `count` and returns what it gave, by index.
  public func map<Result>(_ count: Int, _ body: (_ index: Int) -> Result) -> [Result] {
    map(count, scratch: {}) { index, _ in body(index) }
  }
}
