/// What random numbers are for; streams of different purposes never share a number.
public enum RandomPurpose: UInt32, Sendable, CaseIterable {
  /// Initial weights.
  case initialisation = 1
  /// The order and choice of training windows.
  case batch = 2
  /// Noise steps drawn in training.
  case noiseStep = 3
  /// Noise added in training.
  case trainingNoise = 4
  /// Noise of a sampler while deciding.
  case sampling = 5
  /// An environment's initial state and what happens in it.
  case environment = 6
  /// A demonstrator's choices.
  case demonstrator = 7
  /// Subsamples drawn by a metric.
  case metric = 8
  /// Splits of demonstrations.
  case split = 9
  /// Which observations are dropped in training for guidance.
  case observationDropout = 10
  /// Counter-examples of an energy-based policy.
  case counterExamples = 11
  /// Starting centres of k-means.
  case clustering = 12
  /// By how much an image is shifted in training.
  case imageShift = 13
  /// The order of blocks of training windows that are read from disk.
  case blocks = 14
  /// Noise of latents in training.
  case latent = 15
  /// Where codes begin that are moved.
  case codes = 16
}

/// A sequence of random numbers keyed by seed, purpose, step and index: never by thread or time.
///
/// A stream is a Swift generator, so `shuffled(using:)` works on it. Where the numbers decide what
/// a file or a result contains, ``uniform()``, ``normal()`` and ``integer(below:)`` are preferable:
/// their algorithms are fixed here, while the standard library is free to change its own.
public struct RandomStream: RandomNumberGenerator, Sendable {
  private let philox: Philox
  private var counter: SIMD4<UInt32>
  private var words = SIMD4<UInt32>()
  private var used = 4
  var spareNormal: Double?

  /// Creates the stream of a seed and purpose, and within it of a step and an index.
  public init(seed: UInt64, purpose: RandomPurpose, step: UInt32 = 0, index: UInt32 = 0) {
    philox = Philox(key: seed)
    counter = SIMD4(0, index, step, purpose.rawValue)
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    let low = nextWord()
    return UInt64(nextWord()) << 32 | UInt64(low)
  }

  /// The next 32 random bits.
  public mutating func nextWord() -> UInt32 {
    if used == 4 {
      words = philox.block(counter)
      counter[0] &+= 1
      used = 0
    }
    defer { used += 1 }
    return words[used]
  }
}
