// One seed of a run gives every random decision its own: a Philox draw keyed by the seed, for a purpose and an index.
// So no state has to be saved, and adding a purpose changes none of the others.

import ApusCore

/// Seeds derived from a run's seed.
enum Seeds {
  /// What a derived seed is for.
  enum Purpose: UInt32 {
    case epoch = 1
    case crop = 2
    case weights = 3
    case dropout = 4
    case sample = 5
    case masking = 6
    case validationMasking = 7
  }

  /// The seed of the `index`-th use for a purpose.
  static func derived(_ seed: UInt64, _ purpose: Purpose, _ index: Int = 0) -> UInt64 {
    let index = UInt64(bitPattern: Int64(index))
    let block = Philox(seed: seed).block(
      SIMD4(purpose.rawValue, UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32), 0))
    return UInt64(block.x) | UInt64(block.y) << 32
  }
}

extension PretrainConfiguration {
  /// The seed that all others derive from.
  var runSeed: UInt64 { UInt64(bitPattern: Int64(training.seed)) }

  /// The seed of the sample after `step` steps.
  public func sampleSeed(step: Int) -> UInt64 { Seeds.derived(runSeed, .sample, step) }

  /// The seed for a purpose.
  func seed(for purpose: Seeds.Purpose) -> UInt64 { Seeds.derived(runSeed, purpose) }
}
