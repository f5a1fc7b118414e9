// A model in one GGUF file, or in the parts that llama.cpp's gguf-split makes (name-00001-of-00003.gguf …), seen as
// one. It knows no architecture.

public import ApusCore

/// All tensors of a model in GGUF, and its metadata.
public final class GGUFCheckpoint: Sendable {
  /// The file that was named.
  public let path: String
  /// The file, or all parts in their order.
  public let files: [GGUFFile]

  /// The metadata: those of the first part.
  public var metadata: GGUFMetadata { files[0].metadata }

  /// Opens the file at `path`; where it is a part of a split model, all its parts, which lie in the same folder.
  public init(_ path: String) throws(ApusError) {
    self.path = path
    let file = try GGUFFile(path)
    let count = try file.metadata.int(Self.countKey) ?? 1
    files = count == 1 ? [file] : try Self.parts(of: file, count: count)
  }

  /// The tensor called `name` and the file that holds it.
  public func tensor(_ name: String) -> (file: GGUFFile, entry: TensorEntry)? {
    for file in files {
      if let entry = file.tensor(name) { return (file, entry) }
    }
    return nil
  }

  /// All tensors, file after file.
  public var tensors: [TensorEntry] { files.flatMap(\.tensors) }

  private static let countKey = "split.count"
  private static let numberKey = "split.no"
  private static let tensorsKey = "split.tensors.count"

  private static func parts(of file: GGUFFile, count: Int) throws(ApusError) -> [GGUFFile] {
    guard let name = PartName(file.path), name.count == count else {
      throw file.metadata.error(
        countKey,
        "this is a part of \(count), and the file's name does not end in -00001-of-\(PartName.digits(count)).gguf")
    }
    var files: [GGUFFile] = []
    for number in 1...name.count {
      let path = name.path(number)
      let part = path == file.path ? file : try GGUFFile(path)
      guard try part.metadata.int(numberKey) == number - 1, try part.metadata.int(countKey) == count else {
        throw part.metadata.error(numberKey, "this is not part \(number) of \(count), as the file's name says")
      }
      files.append(part)
    }
    let tensors = files.reduce(0) { $0 + $1.tensors.count }
    if let expected = try files[0].metadata.int(tensorsKey), expected != tensors {
      throw files[0].metadata.error(tensorsKey, "the parts have \(tensors) tensors, and \(expected) are expected")
    }
    try refuseDuplicates(files)
    return files
  }

  private static func refuseDuplicates(_ files: [GGUFFile]) throws(ApusError) {
    var seen: Set<[UInt8]> = []
    for file in files {
      for tensor in file.tensors where !seen.insert(Array(tensor.name.utf8)).inserted {
        throw ApusError(
          .badData, "the tensor is in another part of the model too", file: file.path, place: "tensor `\(tensor.name)`",
          remedy: "fetch all parts again")
      }
    }
  }
}

/// The name of a part: `base-00001-of-00003.gguf`.
struct PartName {
  let base: String
  let count: Int

  /// Reads a path's end; nil where it is no part's.
  init?(_ path: String) {
    let bytes = Array(path.utf8)
    let ending = Array("-00001-of-00001.gguf".utf8)
    guard bytes.count > ending.count else { return nil }
    var numbers: [Int] = [0, 0]
    for (place, (byte, model)) in zip(bytes.suffix(ending.count), ending).enumerated() {
      if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(model) {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        numbers[place < 6 ? 0 : 1] = numbers[place < 6 ? 0 : 1] * 10 + Int(byte - UInt8(ascii: "0"))
      } else if byte != model {
        return nil
      }
    }
    guard numbers[1] > 0, (1...numbers[1]).contains(numbers[0]) else { return nil }
    base = String(decoding: bytes.dropLast(ending.count), as: UTF8.self)
    count = numbers[1]
  }

  /// The path of a part, counted from 1.
  func path(_ number: Int) -> String { "\(base)-\(Self.digits(number))-of-\(Self.digits(count)).gguf" }

  /// A number in five digits.
  static func digits(_ number: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, 5 - text.count)) + text
  }
}
