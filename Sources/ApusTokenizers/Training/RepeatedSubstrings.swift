// The repeated substrings of words that nothing shorter stands for as often: the inner nodes of the suffix tree, found
// by sorting suffixes (Manber and Myers 1993) and walking through the intervals of equal beginnings (Abouelhoda et al.
// 2004). Substrings are no longer than pieces may be, so suffixes are compared no further. The end of a word differs
// from the end of every other: what only ends words is found too, where in sentencepiece and the `tokenizers` library,
// whose ends are all equal, it is lost unless chance puts something else behind it. It knows no scores.

/// Scalars of words, one word after another with zeros between them.
struct RepeatedSubstrings {
  /// A substring by one of its places.
  struct Substring {
    var start: Int
    var length: Int
    var count: Int
  }

  private let text: [UInt32]
  private let longest: Int
  /// The places where suffixes begin, in the order of the suffixes.
  private var order: [Int32] = []

  /// - Parameters:
  ///   - text: fewer than 2³¹ scalars; the last is zero.
  ///   - longest: the greatest length of a substring, in scalars.
  init(of text: [UInt32], longest: Int) {
    self.text = text
    self.longest = longest
    // The first three scalars of a suffix decide mostly.
    var keys: [(head: UInt64, place: Int32)] = []
    for place in text.indices where text[place] != 0 {
      var head: UInt64 = 0
      for offset in 0..<3 {
        let ended = offset > 0 && head & 0x1F_FFFF == 0
        head = head << 21 | (ended ? 0 : UInt64(text[place + offset]))
      }
      keys.append((head, Int32(place)))
    }
    keys.sort { a, b in
      if a.head != b.head { return a.head < b.head }
      let common = commonLength(Int(a.place), Int(b.place))
      let (left, right) = (Int(a.place) + common, Int(b.place) + common)
      return common > longest || text[left] == text[right] ? a.place < b.place : text[left] < text[right]
    }
    order = keys.map(\.place)
  }

  /// Calls `body` with each repeated substring of at least two scalars.
  func forEach(_ body: (Substring) -> Void) {
    var open: [(length: Int, first: Int)] = []
    for index in order.indices.dropFirst() + [order.count] {
      let common = index < order.count ? commonLength(Int(order[index - 1]), Int(order[index])) : 0
      var first = index - 1
      while let top = open.last, top.length > common {
        open.removeLast()
        if (2...longest).contains(top.length) {
          body(Substring(start: Int(order[top.first]), length: top.length, count: index - top.first))
        }
        first = top.first
      }
      if common > 0, open.last.map({ $0.length < common }) ?? true { open.append((common, first)) }
    }
  }

  /// How many scalars two suffixes begin with in common; more than `longest` where that is all that is compared.
  private func commonLength(_ a: Int, _ b: Int) -> Int {
    for offset in 0...longest where text[a + offset] != text[b + offset] || text[a + offset] == 0 { return offset }
    return longest + 1
  }
}
