// What the machine is and how it feels: processors, memory, time, terminal. The differences between Linux and macOS
// that are not file calls stand here. It decides nothing.

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  // Its `environ` is a variable, which nothing here writes.
  @preconcurrency import Glibc
#endif

/// Monotonic time, which no clock adjustment moves.
public enum Clock {
  /// Nanoseconds since some fixed instant.
  public static func nanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }

  /// Seconds since some fixed instant.
  public static func seconds() -> Double { Double(nanoseconds()) * 1e-9 }
}

/// The machine and the process, as the operating system describes them.
public enum Platform {
  /// How many processors this process may use, at least 1; respects the affinity mask, as `taskset` sets it, and the
  /// share of a container.
  public static var processorCount: Int {
    var count = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    #if os(Linux)
      // The mask is groups of hexadecimal digits with commas between.
      if let mask = processStatus("Cpus_allowed") {
        let allowed = mask.reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
        if allowed > 0 { count = min(count, allowed) }
      }
      // "quota period" in microseconds, or "max period".
      let share = controlGroupLimits("cpu.max")
      if share.count == 2, share[1] > 0 { count = min(count, max(1, Int((share[0] / share[1]).rounded(.up)))) }
    #endif
    return count
  }

  /// Bytes of memory that this process may use: those of the machine, or the share of a container.
  public static var machineMemory: Int {
    let machine = max(0, Int(sysconf(Int32(_SC_PHYS_PAGES)))) * pageSize
    #if os(Linux)
      if let limit = controlGroupLimits("memory.max").first, limit > 0 { return min(machine, Int(limit)) }
    #endif
    return machine
  }

  /// Bytes in a page of memory.
  public static var pageSize: Int { max(1, Int(sysconf(Int32(_SC_PAGESIZE)))) }

  /// The most bytes of memory that this process has had resident.
  public static var peakMemory: Int {
    #if os(Linux)
      return processStatusBytes("\nVmHWM:") ?? 0
    #else
      var usage = rusage()
      return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss : 0
    #endif
  }

  /// Bytes of memory that this process has resident now; its peak where the system does not say.
  public static var residentMemory: Int {
    #if os(Linux)
      return processStatusBytes("\nVmRSS:") ?? 0
    #else
      return peakMemory
    #endif
  }

  #if os(Linux)
    /// The numbers in a file of the container's limits; "max" is none.
    private static func controlGroupLimits(_ name: String) -> [Double] {
      guard let bytes = try? FileSystem.readAll("/sys/fs/cgroup/" + name) else { return [] }
      return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
    }

    /// The value that follows `key:` in what Linux says of this process.
    private static func processStatus(_ key: String) -> Substring? {
      guard let bytes = try? FileSystem.readAll("/proc/self/status") else { return nil }
      let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
      return lines.first { $0.hasPrefix(key + ":") }?.dropFirst(key.count + 1)
    }

    /// The kibibytes that follow `key` there, as bytes. It allocates nothing, for it is asked at every training step.
    private static func processStatusBytes(_ key: StaticString) -> Int? {
      guard let descriptor = try? Posix.open("/proc/self/status", .read) else { return nil }
      defer { close(descriptor) }
      var storage = InlineArray<4096, UInt8>(repeating: 0)
      var span = storage.mutableSpan
      return span.withUnsafeMutableBytes { text -> Int? in
        let name = UnsafeRawBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount)
        guard let count = try? Posix.read(descriptor, into: text, path: "/proc/self/status"), count > name.count,
          let start = (0..<count - name.count).first(where: { text[$0..<$0 + name.count].elementsEqual(name) })
        else { return nil }
        let isDigit = { (byte: UInt8) in byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
        let digits = text[start + name.count..<count].drop { !isDigit($0) }.prefix(while: isDigit)
        return digits.isEmpty ? nil : digits.reduce(0) { $0 &* 10 &+ Int($1 - 48) } &* 1024
      }
    }
  #endif

  /// The value of an environment variable; nil where it is not set.
  public static func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  /// Every variable of the environment.
  public static var environment: [String: String] {
    var all: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { all[String(parts[0])] = String(parts[1]) }
      entry += 1
    }
    return all
  }

  /// Number of this process.
  public static var processIdentifier: Int { Int(getpid()) }

  /// One of the three streams that a process is born with.
  public enum Stream: Int32, Sendable {
    /// Standard input.
    case input = 0
    /// Standard output.
    case output = 1
    /// Standard error.
    case error = 2
  }

  /// Whether a person looks at the stream, rather than a file or another program.
  public static func isTerminal(_ stream: Stream) -> Bool { isatty(stream.rawValue) == 1 }

  /// Columns of the terminal behind `stream`; nil where there is no terminal or it does not say.
  public static func terminalWidth(_ stream: Stream = .error) -> Int? {
    var size = winsize()
    guard ioctl(stream.rawValue, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  /// Writes all of `bytes` to a stream, unbuffered.
  public static func write(_ bytes: UnsafeRawBufferPointer, to stream: Stream) throws(ApusError) {
    try Posix.write(stream.rawValue, bytes, path: stream == .output ? "standard output" : "standard error")
  }

  /// From now on writing to a pipe that nobody reads fails, where it would end the process.
  public static func ignoreClosedPipes() { signal(SIGPIPE, SIG_IGN) }

  /// Ends the process in order, with this status.
  public static func exit(_ status: Int32) -> Never { libcExit(status) }

  /// The last resort where nothing can be thrown: writes the error's sentence to standard error and ends the process at
  /// once, with the error's exit status.
  public static func end(with error: ApusError) -> Never {
    var sentence = "error: \(error.description)\n"
    sentence.withUTF8 { bytes in try? write(UnsafeRawBufferPointer(bytes), to: .error) }
    _exit(error.exitStatus)
  }

  /// Lets the processor do something else for about this many seconds.
  public static func sleep(seconds: Double) {
    let whole = seconds.rounded(.down)
    var rest = timespec(tv_sec: Int(whole), tv_nsec: Int((seconds - whole) * 1e9))
    while true {
      var left = timespec()
      if nanosleep(&rest, &left) == 0 || errno != EINTR { return }
      rest = left
    }
  }
}

// Inside the enumeration the member hides the C function.
private func libcExit(_ status: Int32) -> Never { exit(status) }
