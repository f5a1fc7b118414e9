// What is said of one tensor of a file: its name, type and shape, and where its bytes are. It knows no format.

/// What a tensor in a file is called and how it is written.
public struct TensorDescription: Sendable, Equatable {
  /// Its name, compared by bytes.
  public var name: String
  /// How its elements are written.
  public var type: ElementType
  /// Its dimensions, outermost first; none for a single number.
  public var shape: [Int]

  /// Describes a tensor.
  public init(name: String, type: ElementType, shape: [Int]) {
    self.name = name
    self.type = type
    self.shape = shape
  }

  /// Equal in every byte of the name.
  public static func == (left: Self, right: Self) -> Bool {
    left.name.utf8.elementsEqual(right.name.utf8) && left.type == right.type && left.shape == right.shape
  }
}

/// A tensor in a file: its description and where its bytes are.
public struct TensorEntry: Sendable, Equatable {
  /// Name, type and shape.
  public var description: TensorDescription
  /// Its bytes, counted from the file's begin.
  public var byteRange: Range<Int>

  /// Its name.
  public var name: String { description.name }
  /// How its elements are written.
  public var type: ElementType { description.type }
  /// Its dimensions.
  public var shape: [Int] { description.shape }
  /// How many elements it has.
  public var count: Int { byteRange.count / type.bytesPerBlock * type.blockLength }

  init(_ description: TensorDescription, byteRange: Range<Int>) {
    self.description = description
    self.byteRange = byteRange
  }
}
