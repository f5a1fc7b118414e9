// The nearest of some names to one that nobody knows, by the number of letters to change (Levenshtein).

/// Suggestions for misspelt names.
public enum Spelling {
  /// The candidate with the least distance; a candidate whose last part is the whole name counts as near.
  /// - Parameters:
  ///   - name: the misspelt name.
  ///   - candidates: those that are known.
  ///   - limit: the greatest distance of what is still the same name.
  /// - Returns: nil where no candidate is as near as that.
  public static func nearest(to name: String, among candidates: [String], within limit: Int = .max) -> String? {
    let distances = candidates.map { distance(name, $0) }
    guard let least = distances.min(), least <= limit else { return nil }
    return distances.firstIndex(of: least).map { candidates[$0] }
  }

  private static func distance(_ name: String, _ candidate: String) -> Int {
    let whole = edits(name, candidate)
    guard let last = candidate.split(separator: ".").last else { return whole }
    return min(whole, edits(name.split(separator: ".").last.map(String.init) ?? name, String(last)) + 1)
  }

  /// Letters to insert, remove or replace on the way from one word to the other.
  static func edits(_ first: String, _ second: String) -> Int {
    let (first, second) = (Array(first.utf8), Array(second.utf8))
    var row = Array(0...second.count)
    for (i, letter) in first.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in second.enumerated() {
        let replaced = diagonal + (letter == other ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[second.count]
  }
}
