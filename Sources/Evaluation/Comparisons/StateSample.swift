public import Demonstrations
public import PolicyMetrics

/// States of demonstrations and of rollouts, drawn with a fixed seed and on the same scale.
///
/// A state is the flat (float32) observations of one step, joined in the order of their names. Each
/// coordinate is divided by its standard deviation over all the demonstrations' states. Coordinates
/// that change within no demonstration are left out: they belong to the initial state (where a zone
/// lies, which toy it is), which is the environment's doing, not the agent's.
public struct StateSample: Sendable {
  /// How many states are drawn from each side, unless there are fewer.
  public static let defaultCount = 2000

  /// States of the demonstrations.
  public let demonstrations: PointSet
  /// States of the rollouts.
  public let rollouts: PointSet

  /// Draws the states.
  ///
  /// - Parameters:
  ///   - rollouts: The episodes to judge.
  ///   - demonstrations: The episodes to judge by.
  ///   - features: The names of the observations that make a state, all of them flat.
  ///   - scale: The episodes whose deviations scale the coordinates; nil for `demonstrations`.
  ///   - count: How many states are drawn from each side.
  ///   - seed: What the choice depends on.
  /// - Throws: ``/PolicyMetrics/MetricError`` for episodes without a feature, of different sizes or
  ///   with values that are not finite, and where nothing varies.
  public init(
    of rollouts: [Episode], against demonstrations: [Episode], features: [String],
    scale: [Episode]? = nil, count: Int = StateSample.defaultCount, seed: UInt64 = 0
  ) throws(MetricError) {
    let reference = try StateSample.states(
      of: demonstrations, features: features, what: "demonstration")
    let judged = try StateSample.states(of: rollouts, features: features, what: "rollout")
    guard reference.dimension == judged.dimension else {
      throw .sizeMismatch(
        what: "number of features of a rollout's state", expected: reference.dimension,
        actual: judged.dimension)
    }
    let deviations = try StateSample.deviations(
      of: scale ?? demonstrations, features: features)
    self.demonstrations = try reference.sample(atMost: count, seed: seed).scaled(by: deviations)
    self.rollouts = try judged.sample(atMost: count, seed: seed &+ 1).scaled(by: deviations)
  }

  /// W1 between the two sets, divided by √dimensions.
  ///
  /// - Throws: ``/PolicyMetrics/MetricError`` when the transport problem cannot be solved.
  public func wasserstein() throws(MetricError) -> Double {
    let distance = try Wasserstein.distance(rollouts, demonstrations)
    return distance / Double(demonstrations.dimension).squareRoot()
  }

  /// Density and coverage of the rollouts' states among the demonstrations'.
  ///
  /// - Throws: ``/PolicyMetrics/MetricError`` where there are not more demonstrations' states than
  ///   neighbours.
  public func densityCoverage(neighbours: Int = 5) throws(MetricError) -> DensityCoverage {
    try DensityCoverage(of: rollouts, against: demonstrations, neighbours: neighbours)
  }

  /// The standard deviation of each coordinate over all states; nil for those that change within
  /// no episode.
  private static func deviations(
    of episodes: [Episode], features: [String]
  ) throws(MetricError) -> [Double?] {
    var changes: [Bool] = []
    for episode in episodes {
      let states = try states(of: [episode], features: features, what: "demonstration")
      let here = states.standardDeviations.map { $0 != nil }
      changes = changes.isEmpty ? here : zip(changes, here).map { $0 || $1 }
    }
    let all = try states(of: episodes, features: features, what: "demonstration")
    return zip(all.standardDeviations, changes).map { $1 ? $0 : nil }
  }

  private static func states(
    of episodes: [Episode], features: [String], what: String
  ) throws(MetricError) -> PointSet {
    var values: [Double] = []
    var dimension: Int?
    for (index, episode) in episodes.enumerated() {
      var columns: [(width: Int, elements: [Float])] = []
      for feature in features {
        guard case .float32(let elements)? = episode.observations[feature]?.elements,
          let width = episode.observations[feature]?.width,
          elements.count == width * episode.count
        else { throw .empty(what: "flat observation '\(feature)' of \(what) \(index)") }
        columns.append((width, elements))
      }
      let width = columns.reduce(0) { $0 + $1.width }
      guard width == dimension ?? width else {
        throw .sizeMismatch(
          what: "number of features of \(what) \(index)", expected: dimension ?? width,
          actual: width)
      }
      dimension = width
      for step in 0..<episode.count {
        for (width, elements) in columns {
          for k in 0..<width { values.append(Double(elements[step * width + k])) }
        }
      }
    }
    guard let dimension, dimension > 0, !values.isEmpty else {
      throw .empty(what: "set of states of the \(what)s")
    }
    return try PointSet(dimension: dimension, values: values)
  }
}
