/// Demonstrations as training windows: normalised once, held in memory, gathered without allocation.
///
/// A window stands at every recorded step t, so that each can be a decision. It holds the features
/// of the steps t − To + 1 … t and the actions of the steps t … t + Tp − 1, and never leaves its
/// episode: before the start the first observation is repeated, behind the end the last action. Of
/// the Ta actions that are executed at most Ta − 1 are such repeats.
public final class WindowDataset: Sendable {
  /// How long windows are.
  public let horizons: Horizons
  /// The scales of features and actions.
  public let normalizer: Normalizer
  /// The episodes that it holds, as indices into the store.
  public let episodes: [Int]
  /// The number of windows, which is the number of recorded steps.
  public let count: Int
  /// The number of features of one step (Do).
  public let stepObservationWidth: Int
  /// The number of values of one action (A).
  public let actionWidth: Int

  /// Steps × Do, normalised.
  private let features: [Float]
  /// Steps × A, normalised.
  private let actions: [Float]
  /// For each of the normaliser's images steps × height × width × channels, as recorded.
  private let images: [[UInt8]]
  /// For each step the first and the last step of its episode.
  private let bounds: [SIMD2<Int32>]
  /// For each episode its first step.
  private let starts: [Int]

  /// Reads windows from a store.
  ///
  /// - Parameters:
  ///   - store: The demonstrations.
  ///   - observations: The observations to look at, in the order of the features, images among
  ///     them; nil for all that are lists of numbers.
  ///   - horizons: How long windows are.
  ///   - angles: Values that are angles, beside those that the store's environment declares.
  ///   - episodes: The episodes to use; nil for all.
  ///   - normalizer: Scales to use, such as another half's, with their observations and angles in
  ///     place of the arguments; nil to learn them from the episodes.
  /// - Throws: ``DemonstrationError`` or ``WindowError``.
  public init(
    _ store: DemonstrationStore, observations: [String]? = nil, horizons: Horizons = .single,
    angles: [AngleMark] = [], episodes: [Int]? = nil, normalizer: Normalizer? = nil
  ) throws {
    let episodes = episodes ?? Array(0..<store.count)
    let steps = try StepTable(
      store, observations: normalizer?.observationNames ?? observations, episodes: episodes)
    try steps.check(horizons)
    let scales = try normalizer ?? steps.normalizer(angles: steps.angles(angles, in: store))
    try steps.check(scales)

    self.horizons = horizons
    self.normalizer = scales
    self.episodes = episodes
    count = steps.count
    stepObservationWidth = scales.featureWidth
    actionWidth = scales.actionWidth
    features = steps.features(scales)
    actions = steps.actions(scales)
    images = steps.images.map(\.bytes)
    starts = steps.starts
    var bounds: [SIMD2<Int32>] = []
    bounds.reserveCapacity(steps.count)
    for (start, length) in zip(steps.starts, steps.lengths) {
      let range = SIMD2(Int32(start), Int32(start + length - 1))
      bounds.append(contentsOf: repeatElement(range, count: length))
    }
    self.bounds = bounds
  }

  /// The number of features of a window (To · Do).
  public var observationWidth: Int { horizons.observation * stepObservationWidth }

  /// The number of values of a chunk (Tp · A).
  public var chunkWidth: Int { horizons.prediction * actionWidth }

  /// Writes one window; any number of threads may call this at once.
  ///
  /// - Parameters:
  ///   - window: Which one; 0 to `count` − 1.
  ///   - observation: Room for To × Do features, oldest step first.
  ///   - action: Room for Tp × A values, the decision's own step first.
  public func gather(
    window: Int, observation: UnsafeMutablePointer<Float>, action: UnsafeMutablePointer<Float>
  ) {
    let first = Int(bounds[window][0])
    let last = Int(bounds[window][1])
    features.withUnsafeBufferPointer { features in
      guard let source = features.baseAddress else { return }
      for row in 0..<horizons.observation {
        let step = max(first, window - (horizons.observation - 1 - row))
        (observation + row * stepObservationWidth).update(
          from: source + step * stepObservationWidth, count: stepObservationWidth)
      }
    }
    actions.withUnsafeBufferPointer { actions in
      guard let source = actions.baseAddress else { return }
      for row in 0..<horizons.prediction {
        let step = min(last, window + row)
        (action + row * actionWidth).update(
          from: source + step * actionWidth, count: actionWidth)
      }
    }
  }

  /// Writes one window's images of one space, their bytes scaled to [−1, 1]; any number of threads
  /// may call this at once.
  ///
  /// - Parameters:
  ///   - window: Which one; 0 to `count` − 1.
  ///   - image: Which of the normaliser's images.
  ///   - shift: By how many pixels the pictures are moved, down and across; edges are repeated.
  ///   - pixels: Room for To × height × width × channels values, oldest step first.
  public func gather(
    window: Int, image: Int, shift: SIMD2<Int> = .zero, into pixels: UnsafeMutablePointer<Float>
  ) {
    let first = Int(bounds[window][0])
    let format = normalizer.images[image]
    let size = format.count
    for row in 0..<horizons.observation {
      let step = max(first, window - (horizons.observation - 1 - row))
      format.normalise(
        images[image][step * size..<(step + 1) * size], shiftedBy: shift,
        into: UnsafeMutableBufferPointer(start: pixels + row * size, count: size))
    }
  }

  /// Which episode of the store a window is from, and at which of its steps it decides.
  public func origin(of window: Int) -> (episode: Int, step: Int) {
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= window { low = middle } else { high = middle }
    }
    return (episodes[low], window - starts[low])
  }
}
