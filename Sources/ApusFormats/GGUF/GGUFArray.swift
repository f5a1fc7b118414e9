// An array of GGUF's metadata, left in the mapped file where it came from there: a vocabulary of 262,144 tokens costs
// its list of offsets and no strings. Arrays of arrays are refused on reading, as llama.cpp does.

import ApusCore

/// Values of one type, little-endian as in the file.
public struct GGUFArray: Sendable {
  /// The type of every value.
  public let type: GGUFType
  /// How many values there are.
  public let count: Int

  private enum Storage: Sendable {
    case mapped(MappedFile, Range<Int>)
    case owned([UInt8])
  }

  private let storage: Storage
  /// Where each string's length begins; empty for numbers.
  private let starts: [Int]

  /// A checked part of a file.
  init(_ type: GGUFType, count: Int, in file: MappedFile, _ range: Range<Int>, starts: [Int]) {
    self.type = type
    self.count = count
    self.starts = starts
    storage = .mapped(file, range)
  }

  private init(_ type: GGUFType, count: Int, _ bytes: [UInt8], starts: [Int] = []) {
    self.type = type
    self.count = count
    self.starts = starts
    storage = .owned(bytes)
  }

  /// Calls `body` with all values as a file has them, which must not leave it.
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    switch storage {
    case .owned(let bytes): bytes.withUnsafeBytes(body)
    case .mapped(let file, let range): file.withBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }
  }
}

// MARK: - Making

extension GGUFArray {
  /// An array of strings, given as bytes.
  public init(strings: some Collection<[UInt8]>) {
    var (bytes, starts) = ([UInt8](), [Int]())
    for string in strings {
      starts.append(bytes.count)
      bytes.appendLittleEndian(UInt64(string.count))
      bytes += string
    }
    self.init(.string, count: starts.count, bytes, starts: starts)
  }

  /// An array of texts.
  public init(texts: [String]) { self.init(strings: texts.map { Array($0.utf8) }) }

  /// An array of numbers of 32 bits.
  public init(_ values: [Int32]) { self.init(.int32, count: values.count, Self.bytes(values)) }

  /// An array of numbers of 32 bits.
  public init(_ values: [UInt32]) { self.init(.uint32, count: values.count, Self.bytes(values)) }

  /// An array of numbers in single precision.
  public init(_ values: [Float]) { self.init(.float32, count: values.count, Self.bytes(values.map(\.bitPattern))) }

  /// An array of truth values.
  public init(_ values: [Bool]) { self.init(.bool, count: values.count, values.map { $0 ? 1 : 0 }) }

  private static func bytes(_ values: [some FixedWidthInteger]) -> [UInt8] {
    var bytes: [UInt8] = []
    for value in values { bytes.appendLittleEndian(value) }
    return bytes
  }
}

// MARK: - Reading

extension GGUFArray {
  /// Calls `body` with each string's index and bytes, which must not leave it, in order; not at all where these are
  /// numbers.
  public func forEachString(_ body: (Int, UnsafeRawBufferPointer) -> Void) {
    withBytes { bytes in
      for (index, start) in starts.enumerated() {
        body(index, UnsafeRawBufferPointer(rebasing: bytes[Self.string(in: bytes, at: start)]))
      }
    }
  }

  /// How many bytes the strings have together; 0 where these are numbers.
  public var stringBytes: Int {
    withBytes { bytes in starts.reduce(0) { $0 + Self.string(in: bytes, at: $1).count } }
  }

  /// The bytes of all strings; nil where these are numbers.
  public var strings: [[UInt8]]? {
    guard type == .string else { return nil }
    return withBytes { bytes in starts.map { Array(bytes[Self.string(in: bytes, at: $0)]) } }
  }

  /// The bytes of the string at `index`; nil where these are numbers.
  public func string(at index: Int) -> [UInt8]? {
    guard starts.indices.contains(index) else { return nil }
    return withBytes { bytes in Array(bytes[Self.string(in: bytes, at: starts[index])]) }
  }

  /// The whole numbers; nil where these are none, or one does not fit.
  public var ints: [Int]? {
    switch type {
    case .uint8: integers(UInt8.self)
    case .int8: integers(Int8.self)
    case .uint16: integers(UInt16.self)
    case .int16: integers(Int16.self)
    case .uint32: integers(UInt32.self)
    case .int32: integers(Int32.self)
    case .uint64: integers(UInt64.self)
    case .int64: integers(Int64.self)
    case .float32, .float64, .bool, .string, .array: nil
    }
  }

  /// The numbers, whole ones too; nil where these are none.
  public var doubles: [Double]? {
    switch type {
    case .float32: values(UInt32.self).map { Double(Float(bitPattern: $0)) }
    case .float64: values(UInt64.self).map { Double(bitPattern: $0) }
    default: ints?.map { Double($0) }
    }
  }

  /// The numbers in single precision, whole ones too; nil where these are none.
  public var floats: [Float]? {
    type == .float32 ? values(UInt32.self).map { Float(bitPattern: $0) } : doubles?.map { Float($0) }
  }

  /// The truth values; nil where these are none.
  public var bools: [Bool]? { type == .bool ? values(UInt8.self).map { $0 != 0 } : nil }

  private func integers<Number: FixedWidthInteger>(_: Number.Type) -> [Int]? {
    let numbers = values(Number.self).compactMap { Int(exactly: $0) }
    return numbers.count == count ? numbers : nil
  }

  private func values<Number: FixedWidthInteger>(_: Number.Type) -> [Number] {
    withBytes { bytes in
      (0..<count).map {
        Number(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Number>.size, as: Number.self))
      }
    }
  }

  // The array was checked when it was made.
  private static func string(in bytes: UnsafeRawBufferPointer, at start: Int) -> Range<Int> {
    let length = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
    return start + 8..<start + 8 + Int(length)
  }
}

extension [UInt8] {
  mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
