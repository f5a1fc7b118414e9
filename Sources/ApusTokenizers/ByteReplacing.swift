// One run of bytes put in the place of another. The standard library's `replacing` takes microseconds to find nothing
// in a token, which every token that is decoded would pay for several times.

extension [UInt8] {
  /// A copy with every occurrence of `old`, from left to right, replaced by `new`; an empty one occurs nowhere.
  func replacingBytes(_ old: [UInt8], with new: [UInt8]) -> [UInt8] {
    guard let first = old.first, count >= old.count else { return self }
    var result: [UInt8] = []
    var copied = 0
    var place = 0
    while place + old.count <= count {
      guard self[place] == first, self[place..<place + old.count].elementsEqual(old) else {
        place += 1
        continue
      }
      result += self[copied..<place]
      result += new
      place += old.count
      copied = place
    }
    return copied == 0 ? self : result + self[copied...]
  }
}
