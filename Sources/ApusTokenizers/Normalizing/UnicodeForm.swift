// The normalisation forms of Unicode (annex 15). A run of text that no form touches is copied as it is; the rest is
// worked on in stretches from one starter to the next, each decomposed, put in order, and composed.

/// NFC, NFD, NFKC, NFKD.
struct UnicodeForm: Sendable, Equatable {
  var isCompatible: Bool
  var isComposed: Bool

  static let nfc = UnicodeForm(isCompatible: false, isComposed: true)
  static let nfd = UnicodeForm(isCompatible: false, isComposed: false)
  static let nfkc = UnicodeForm(isCompatible: true, isComposed: true)
  static let nfkd = UnicodeForm(isCompatible: true, isComposed: false)

  private struct Item {
    var scalar: UInt32
    var combiningClass: UInt8
    /// The place in the source that it came from.
    var source: Range<Int>
  }

  func apply(to text: inout AlignedText) {
    let data = UnicodeData.shared
    guard text.bytes.contains(where: { $0 >= 0xC2 }) else { return }
    text.rewrite { source, output in
      var stretch: [Item] = []
      var copied = 0
      var previous: (value: UInt32, place: Range<Int>)?
      UTF8Coding.forEachScalar(source) { value, place in
        if data.isActive(value) {
          if stretch.isEmpty {
            let start = previous?.place.lowerBound ?? place.lowerBound
            output.copy(source, copied..<start)
            if let previous { append(previous.value, previous.place, data, to: &stretch) }
          }
          append(value, place, data, to: &stretch)
          copied = place.upperBound
        } else if !stretch.isEmpty {
          flush(&stretch, data, &output)
          copied = place.lowerBound
        }
        previous = data.isActive(value) ? nil : (value, place)
      }
      if !stretch.isEmpty { flush(&stretch, data, &output) }
      output.copy(source, copied..<source.count)
    }
  }

  private func append(_ value: UInt32, _ place: Range<Int>, _ data: UnicodeData, to stretch: inout [Item]) {
    var scalars: [UInt32] = []
    data.decompose(value, compatibly: isCompatible, into: &scalars)
    for scalar in scalars {
      stretch.append(Item(scalar: scalar, combiningClass: data.combiningClass(scalar), source: place))
    }
  }

  private func flush(_ stretch: inout [Item], _ data: UnicodeData, _ output: inout AlignedText.Rewriter) {
    order(&stretch)
    if isComposed { compose(&stretch, data) }
    for item in stretch { output.write(item.scalar, for: item.source) }
    stretch.removeAll(keepingCapacity: true)
  }

  /// Sorts each run of marks by combining class; equal ones keep their order.
  private func order(_ items: inout [Item]) {
    var start = 0
    while start < items.count {
      guard items[start].combiningClass != 0 else {
        start += 1
        continue
      }
      var end = start
      while end < items.count, items[end].combiningClass != 0 { end += 1 }
      let isOrdered = zip(items[start..<end], items[start..<end].dropFirst())
        .allSatisfy { $0.combiningClass <= $1.combiningClass }
      // The library's sort is stable.
      if !isOrdered { items[start..<end].sort { $0.combiningClass < $1.combiningClass } }
      start = end
    }
  }

  /// Joins each scalar to the last starter where the two make one and nothing between blocks it.
  private func compose(_ items: inout [Item], _ data: UnicodeData) {
    var result: [Item] = []
    var starter: Int?
    var lastClass: UInt8 = 0
    for item in items {
      if let starter {
        let isAdjacent = result.count == starter + 1
        let isFree = isAdjacent || (lastClass != 0 && lastClass < item.combiningClass)
        if isFree, let made = data.composition(result[starter].scalar, item.scalar) {
          result[starter].scalar = made
          let first = result[starter].source
          result[starter].source =
            min(first.lowerBound, item.source.lowerBound)..<max(first.upperBound, item.source.upperBound)
          continue
        }
      }
      if item.combiningClass == 0 { starter = result.count }
      lastClass = item.combiningClass
      result.append(item)
    }
    items = result
  }
}
