// The lengths that texts are brought to for models that want them so: cut to what the model can read, and filled up to
// rectangles. As in the `tokenizers` library, whose `tokenizer.json` may ask for both; here nothing is cut or filled up
// but where the caller asks (Apus itself packs texts without filling). It knows ids and no text.

public import ApusCore

/// The end at which something is cut off or put on.
public enum TextEnd: String, Sendable, CaseIterable {
  /// Before the text.
  case left = "Left"
  /// Behind it.
  case right = "Right"
}

/// How a text, or a pair of texts, is cut to a length.
public struct Truncation: Sendable, Equatable {
  /// Which text of a pair is cut.
  public enum Choice: String, Sendable, CaseIterable {
    /// The longer one until both are as long, then both.
    case longestFirst = "LongestFirst"
    /// The first.
    case onlyFirst = "OnlyFirst"
    /// The second.
    case onlySecond = "OnlySecond"
  }

  /// The most ids, those of the frame included.
  public var length: Int
  /// Which text of a pair is cut.
  public var choice: Choice
  /// The end that is cut off.
  public var end: TextEnd
  /// By how many ids the library overlaps the parts that it cuts off; kept for files, since parts that are cut off are
  /// not given here.
  public var stride: Int

  /// Makes one.
  public init(length: Int, choice: Choice = .longestFirst, end: TextEnd = .right, stride: Int = 0) {
    self.length = length
    self.choice = choice
    self.end = end
    self.stride = stride
  }

  /// Cuts the ids of a text, or of two, so that they and `added` more are no more than `length`.
  /// - Throws: `usage` where the frame alone is longer, or the text that is to be cut is too short for it.
  public func apply(to first: inout [Int32], and second: inout [Int32]?, added: Int = 0) throws(ApusError) {
    guard length >= added, length >= 0 else {
      throw ApusError(
        .usage, "texts are to be cut to \(length) ids, and what is put round them is \(added)",
        remedy: "give a greater length")
    }
    let room = length - added
    let (one, two) = (first.count, second?.count ?? 0)
    let excess = one + two - room
    guard excess > 0 else { return }
    switch choice {
    case .longestFirst where second == nil: cut(&first, to: room)
    case .longestFirst:
      let lengths = Self.lengths(one, two, room)
      cut(&first, to: lengths.first)
      cutSecond(&second, to: lengths.second)
    case .onlyFirst where one > excess: cut(&first, to: one - excess)
    case .onlySecond where two > excess: cutSecond(&second, to: two - excess)
    case .onlyFirst, .onlySecond:
      throw ApusError(
        .usage,
        "\(one + two) ids are to be cut to \(room) in the \(choice == .onlyFirst ? "first" : "second") text alone, "
          + "which has \(choice == .onlyFirst ? one : two)", remedy: "cut the longest first")
    }
  }

  /// The shorter one stays where the other has room enough beside it; else both get half.
  private static func lengths(_ one: Int, _ two: Int, _ room: Int) -> (first: Int, second: Int) {
    let shorter = min(one, two)
    let longer = max(shorter, room - shorter)
    let (least, most) = shorter + longer <= room ? (shorter, longer) : (room / 2, room - room / 2)
    return one <= two ? (least, most) : (most, least)
  }

  private func cut(_ ids: inout [Int32], to count: Int) {
    guard count < ids.count else { return }
    if end == .right { ids.removeLast(ids.count - count) } else { ids.removeFirst(ids.count - count) }
  }

  private func cutSecond(_ ids: inout [Int32]?, to count: Int) {
    guard var cutIDs = ids else { return }
    cut(&cutIDs, to: count)
    ids = cutIDs
  }
}

/// How texts are filled up to one length.
public struct Padding: Sendable, Equatable {
  /// The length, if no text is longer.
  public enum Length: Sendable, Equatable {
    /// That of the longest text of the batch.
    case longest
    /// Always this one.
    case fixed(Int)
  }

  /// The greatest length that texts are filled up to, so that a damaged file cannot ask for all memory.
  public static let mostLength = 1 << 24

  /// The length.
  public var length: Length
  /// The length is rounded up to a multiple of this.
  public var multiple: Int?
  /// The end at which texts are filled up.
  public var end: TextEnd
  /// The id that they are filled up with.
  public var id: Int32
  /// The type of what they are filled up with.
  public var type: Int32

  /// Makes one.
  public init(_ length: Length = .longest, multiple: Int? = nil, end: TextEnd = .right, id: Int32, type: Int32 = 0) {
    self.length = length
    self.multiple = multiple
    self.end = end
    self.id = id
    self.type = type
  }

  /// Fills texts up; those that are longer stay as they are.
  /// - Throws: `usage` for a length beyond ``mostLength``.
  public func apply(to texts: inout [TokenizedText]) throws(ApusError) {
    var wanted = texts.map(\.ids.count).max() ?? 0
    if case .fixed(let length) = length { wanted = length }
    if let multiple, multiple > 0, wanted <= Self.mostLength, wanted % multiple > 0 {
      wanted += multiple - wanted % multiple
    }
    guard wanted <= Self.mostLength else {
      throw ApusError(
        .usage, "texts are to be filled up to \(wanted) ids", remedy: "give a length up to \(Self.mostLength)")
    }
    for index in texts.indices { fill(&texts[index], up: wanted - texts[index].ids.count) }
  }

  private func fill(_ text: inout TokenizedText, up count: Int) {
    guard count > 0 else { return }
    let ids = [Int32](repeating: id, count: count)
    let types = [Int32](repeating: type, count: count)
    switch end {
    case .left:
      text.ids = ids + text.ids
      text.types = types + text.types
      text.filledBefore += count
    case .right:
      text.ids += ids
      text.types += types
      text.filledBehind += count
    }
  }
}
