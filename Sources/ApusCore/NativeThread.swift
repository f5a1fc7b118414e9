// A thread of the operating system and the lock it sleeps on. For work that must stay off Swift's cooperative pool: the
// thread pool's workers and the generator's own thread. It knows nothing of what runs on it.

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A thread that runs one body to its end.
package struct NativeThread: @unchecked Sendable {
  private let handle: pthread_t

  /// Starts a thread; nil where the system refuses one more.
  ///
  /// - Parameter stackSize: bytes of stack, which recursion in `body` has to live with.
  package init?(stackSize: Int = 8 << 20, _ body: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(Box(body))
    // Raw memory, initialised by C: the initialisers that Swift imports for these types differ between module graphs.
    let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
    defer { attributes.deallocate() }
    pthread_attr_init(attributes)
    defer { pthread_attr_destroy(attributes) }
    pthread_attr_setstacksize(attributes, stackSize)
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    let result = pthread_create(&thread, attributes, enter, box.toOpaque())
    #if canImport(Darwin)
      guard result == 0, let thread else {
        box.release()
        return nil
      }
    #else
      guard result == 0 else {
        box.release()
        return nil
      }
    #endif
    handle = thread
  }

  /// Waits for the thread to end; call it once, and from another thread.
  package func join() { pthread_join(handle, nil) }

  /// Lets the thread go on by itself; call it instead of `join`.
  package func detach() { pthread_detach(handle) }
}

private final class Box: Sendable {
  let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

#if canImport(Darwin)
  private func enter(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
    return nil
  }
#else
  private func enter(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
    return nil
  }
#endif

/// A lock with a condition to sleep on.
package final class Monitor: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  /// Makes an open lock.
  package init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Takes the lock.
  package func lock() { pthread_mutex_lock(mutex) }
  /// Gives the lock back.
  package func unlock() { pthread_mutex_unlock(mutex) }
  /// Gives the lock back and sleeps until woken (or for no reason), then takes the lock again.
  package func wait() { pthread_cond_wait(condition, mutex) }
  /// Wakes all who sleep.
  package func wakeAll() { pthread_cond_broadcast(condition) }

  /// Runs `body` with the lock held.
  package func locked<Result>(_ body: () -> Result) -> Result {
    lock()
    defer { unlock() }
    return body()
  }
}

/// A pointer-sized value that each thread has for itself; zero until set.
struct ThreadLocal: @unchecked Sendable {
  private let key: pthread_key_t

  init?() {
    var key = pthread_key_t()
    guard pthread_key_create(&key, nil) == 0 else { return nil }
    self.key = key
  }

  var value: Int {
    get { Int(bitPattern: pthread_getspecific(key)) }
    nonmutating set { pthread_setspecific(key, UnsafeRawPointer(bitPattern: newValue)) }
  }

  func delete() { pthread_key_delete(key) }
}
