public import EnvironmentInterface

/// How a policy's inputs and outputs are scaled, learnt from demonstrations: per dimension from
/// [smallest, largest] to [−1, 1].
///
/// A dimension that never changes becomes 0, and 0 becomes its constant again. An angle in an
/// observation becomes two features, cosine and sine, which need no scaling.
public struct Normalizer: Codable, Sendable, Hashable {
  /// The observations in the order of the features.
  public let observations: [FeatureScale]
  /// The action.
  public let action: FeatureScale

  /// Creates a normaliser of known scales.
  public init(observations: [FeatureScale], action: FeatureScale) {
    self.observations = observations
    self.action = action
  }

  /// The names of the observations that it needs.
  public var observationNames: [String] { observations.map(\.name) }

  /// The number of features of one step (Do).
  public var featureWidth: Int { observations.reduce(0) { $0 + $1.featureWidth } }

  /// The number of values of one action (A).
  public var actionWidth: Int { action.width }

  /// The normalised features of one observation; other spaces in it are ignored.
  ///
  /// - Returns: `featureWidth` values, observation by observation.
  /// - Throws: ``WindowError`` for an observation that is missing, of another length, or not finite.
  public func features(of observation: Observation) throws -> [Float] {
    var features = [Float](repeating: 0, count: featureWidth)
    try features.withUnsafeMutableBufferPointer { buffer in
      var offset = 0
      for scale in observations {
        guard let value = observation[scale.name] else {
          throw WindowError.missingObservation(
            name: scale.name, given: observation.keys.sorted())
        }
        let rest = UnsafeMutableBufferPointer(rebasing: buffer[offset...])
        switch value {
        case .float32(let values): try scale.normalise(values, into: rest, as: "observation")
        case .uint8(let bytes):
          try scale.normalise(bytes.map { Float($0) }, into: rest, as: "observation")
        }
        offset += scale.featureWidth
      }
    }
    return features
  }

  /// An action in the environment's units as values in [−1, 1].
  ///
  /// - Throws: ``WindowError`` for another length or a value that is not finite.
  public func normalise(action values: [Float]) throws -> [Float] {
    var result = [Float](repeating: 0, count: actionWidth)
    try result.withUnsafeMutableBufferPointer { buffer in
      try action.normalise(values, into: buffer, as: "action")
    }
    return result
  }

  /// An action in the environment's units from values in [−1, 1], or beyond.
  ///
  /// - Throws: ``WindowError`` for another length or a value that is not finite.
  public func denormalise(action values: [Float]) throws -> [Float] {
    try action.check(values, as: "action")
    return values.indices.map { action.denormalised(values[$0], at: $0) }
  }
}
