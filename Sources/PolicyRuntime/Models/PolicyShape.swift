/// The sizes of what a policy sees and does.
public struct PolicyShape: Codable, Sendable, Hashable {
  /// Features of one observation: Do.
  public var stepObservationWidth: Int
  /// Features of one action: A.
  public var actionWidth: Int
  /// For each feature of an action its smallest and largest normalised value in the demonstrations;
  /// nil where that is −1 and 1 for all.
  public var actionReach: [[Float]]?
  /// For each feature of an action the normalised values that it can have, ascending, and none for
  /// one that is any number; nil where all are numbers.
  public var actionCategories: [[Float]]?
  /// How many of each.
  public var horizons: Horizons
  /// The images of one observation, besides the features.
  public var images: [ImageFormat]

  /// Creates sizes.
  public init(
    stepObservationWidth: Int, actionWidth: Int, horizons: Horizons, images: [ImageFormat] = [],
    actionReach: [[Float]]? = nil, actionCategories: [[Float]]? = nil
  ) {
    self.actionCategories = actionCategories
    self.actionReach = actionReach
    self.images = images
    self.stepObservationWidth = stepObservationWidth
    self.actionWidth = actionWidth
    self.horizons = horizons
  }

  /// Features of a window: To · Do.
  public var observationWidth: Int { horizons.observation * stepObservationWidth }

  /// Values of a chunk: Tp · A.
  public var chunkWidth: Int { horizons.prediction * actionWidth }

  /// The smallest and largest normalised value that a chunk's value has in the demonstrations.
  ///
  /// - Parameter index: Which of the chunk's values, from 0.
  /// - Returns: From the smallest to the largest.
  public func reach(ofChunkValue index: Int) -> ClosedRange<Float> {
    guard let ends = actionReach?[index % actionWidth], ends.count == 2 else { return -1...1 }
    return ends[0]...max(ends[0], ends[1])
  }

  /// The normalised values that a chunk's value can have; nil for any number.
  ///
  /// - Parameter index: Which of the chunk's values, from 0.
  /// - Returns: Those values, ascending.
  public func categories(ofChunkValue index: Int) -> [Float]? {
    guard let known = actionCategories?[index % actionWidth], !known.isEmpty else { return nil }
    return known
  }

  /// Which of the values that a chunk's value can have is nearest to one; nil for any number.
  func category(of value: Float, at index: Int) -> Int? {
    categories(ofChunkValue: index).flatMap { known in
      known.indices.min { abs(known[$0] - value) < abs(known[$1] - value) }
    }
  }

  /// The value of a chunk at a place of [−1, 1], whose ends are the smallest and the largest.
  func value(ofUnit place: Float, at index: Int) -> Float {
    let reach = reach(ofChunkValue: index)
    let half = (reach.upperBound - reach.lowerBound) / 2
    return (reach.lowerBound + reach.upperBound) / 2 + half * place
  }

  /// Where a value of a chunk stands in [−1, 1], or beyond.
  func unit(ofValue value: Float, at index: Int) -> Float {
    let reach = reach(ofChunkValue: index)
    let half = (reach.upperBound - reach.lowerBound) / 2
    guard half > 0 else { return 0 }
    return (value - (reach.lowerBound + reach.upperBound) / 2) / half
  }

  /// The largest magnitude of a normalised value of an action in the demonstrations.
  public var largestReach: Float {
    actionReach?.joined().reduce(0) { max($0, abs($1)) } ?? 1
  }
}
