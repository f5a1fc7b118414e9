// The rotation's numbers as the operation wants them.

import ApusTensor

extension RotaryEmbedding {
  /// The tables of cosines and sines, made when a length is first asked for; call it on a checked specification's.
  func makeTables() -> RotaryTables {
    RotaryTables(isInterleaved: isInterleaved, representative: representativeLength) { length in
      let (inverseFrequencies, scale) = frequencies(length: length)
      return RotaryTable(inverseFrequencies: inverseFrequencies, scale: Float(scale))
    }
  }
}
