public import EnvironmentInterface

/// How a policy's inputs and outputs are scaled, learnt from demonstrations: per dimension from
/// [smallest, largest] to [−1, 1].
///
/// A dimension that never changes becomes 0, and 0 becomes its constant again. Angles and
/// quaternions become features that have no seam (``FeatureScale``), in observations and in
/// actions: networks and methods know features only, whose number may differ from that of the
/// values.
public struct Normalizer: Codable, Sendable, Hashable {
  /// The observations in the order of the features.
  public let observations: [FeatureScale]
  /// The observations that are images; their bytes are scaled alike, whatever they show.
  public let images: [ImageFormat]
  /// The action; of values that are relative, the distances.
  public let action: FeatureScale
  /// The values of actions that are distances from where something is; nil for none.
  public let relative: [RelativeValue]?
  /// The observations that networks are not shown, being there for ``relative`` alone; nil for
  /// none.
  public let unseen: [String]?

  /// Creates a normaliser of known scales.
  public init(observations: [FeatureScale], images: [ImageFormat] = [], action: FeatureScale) {
    (self.observations, self.images, self.action) = (observations, images, action)
    (relative, unseen) = (nil, nil)
  }

  /// Creates a normaliser of known scales whose actions are in part distances.
  ///
  /// - Throws: ``WindowError/malformedNormalizer(name:reason:)`` for values that are not there or
  ///   no numbers.
  public init(
    observations: [FeatureScale], images: [ImageFormat] = [], action: FeatureScale,
    relative: [RelativeValue]?, unseen: [String]? = nil
  ) throws {
    (self.observations, self.images, self.action) = (observations, images, action)
    (self.relative, self.unseen) = (relative, unseen)
    try checkRelative()
  }

  /// Decodes a normaliser; one without images may not mention them.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    observations = try container.decode([FeatureScale].self, forKey: .observations)
    images = try container.decodeIfPresent([ImageFormat].self, forKey: .images) ?? []
    action = try container.decode(FeatureScale.self, forKey: .action)
    relative = try container.decodeIfPresent([RelativeValue].self, forKey: .relative)
    unseen = try container.decodeIfPresent([String].self, forKey: .unseen)
    try checkRelative()
  }

  /// The names of the observations that it needs, images last.
  public var observationNames: [String] { observations.map(\.name) + images.map(\.name) }

  /// The number of features of one step (Do).
  public var featureWidth: Int { observations.reduce(0) { $0 + $1.featureWidth } }

  /// The number of values of one observation, pictures apart, as recorded and as given.
  public var observationWidth: Int { observations.reduce(0) { $0 + $1.width } }

  /// The number of values of one action, as recorded and as answered.
  public var actionWidth: Int { action.width }

  /// The number of features of one action (A), as networks know it.
  public var actionFeatureWidth: Int { action.featureWidth }

  /// The normalised features of one observation; other spaces in it are ignored.
  ///
  /// - Returns: `featureWidth` values, observation by observation.
  /// - Throws: ``WindowError`` for an observation that is missing, of another length, or not
  ///   finite.
  public func features(of observation: ObservationFrame) throws -> [Float] {
    var features = [Float](repeating: 0, count: featureWidth)
    try features.withUnsafeMutableBufferPointer { buffer in
      var offset = 0
      for scale in observations {
        guard let value = observation[scale.name] else {
          throw WindowError.missingObservation(
            name: scale.name, given: observation.keys.sorted())
        }
        let rest = UnsafeMutableBufferPointer(rebasing: buffer[offset...])
        try value.numbers.withUnsafeBufferPointer {
          try scale.normalise($0, into: rest, as: "observation")
        }
        offset += scale.featureWidth
      }
    }
    return features
  }

  /// Writes the features of one observation, and allocates nothing.
  ///
  /// - Parameters:
  ///   - values: `observationWidth` values, observation by observation.
  ///   - features: Room for `featureWidth` of them.
  /// - Throws: ``WindowError`` for a value that is not finite or is far from all demonstrations.
  func write(
    featuresOf values: UnsafeBufferPointer<Double>,
    into features: UnsafeMutableBufferPointer<Float>
  ) throws {
    var (value, feature) = (0, 0)
    for scale in observations {
      try scale.normalise(
        UnsafeBufferPointer(rebasing: values[value..<value + scale.width]),
        into: UnsafeMutableBufferPointer(rebasing: features[feature...]), as: "observation")
      value += scale.width
      feature += scale.featureWidth
    }
  }

  /// Writes one image of an observation, each byte scaled from 0…255 to [−1, 1]; of one that is
  /// cropped its middle.
  ///
  /// - Parameters:
  ///   - image: Which of ``images``.
  ///   - observation: What is seen; other spaces in it are ignored.
  ///   - pixels: Room for as many values as networks see of the image.
  /// - Throws: ``WindowError`` for an image that is missing, of another size, or not of bytes.
  public func write(
    image: Int, of observation: ObservationFrame, into pixels: UnsafeMutableBufferPointer<Float>
  ) throws {
    let format = images[image]
    guard let value = observation[format.name] else {
      throw WindowError.missingObservation(
        name: format.name, given: observation.keys.sorted())
    }
    let bytes = try format.kept(value)
    guard let start = pixels.baseAddress, pixels.count >= format.count else {
      throw WindowError.wrongLength(
        name: "room for '\(format.name)'", actual: pixels.count, expected: format.count)
    }
    bytes.withUnsafeBufferPointer { bytes in
      guard let bytes = bytes.baseAddress else { return }
      format.normalise(bytes, shiftedBy: .zero, into: start)
    }
  }

  /// The features of an action in the environment's units.
  ///
  /// - Throws: ``WindowError`` for another length or a value that is not finite.
  public func normalise(action values: [Float]) throws -> [Float] {
    var result = [Float](repeating: 0, count: actionFeatureWidth)
    try result.withUnsafeMutableBufferPointer { buffer in
      try values.map { Double($0) }.withUnsafeBufferPointer {
        try action.normalise($0, into: buffer, as: "action")
      }
    }
    return result
  }

  /// An action in the environment's units from its features, in 64 bits.
  ///
  /// - Parameter features: `actionFeatureWidth` values, in [−1, 1] or beyond.
  /// - Returns: `actionWidth` values.
  /// - Throws: ``WindowError`` for another length or a value that is not finite.
  public func values(ofAction features: [Float]) throws -> [Double] {
    guard features.count == actionFeatureWidth else {
      throw WindowError.wrongLength(
        name: "action '\(action.name)'", actual: features.count, expected: actionFeatureWidth)
    }
    if let index = features.firstIndex(where: { !$0.isFinite }) {
      throw WindowError.notFinite(name: "action '\(action.name)'", index: index)
    }
    return [Double](unsafeUninitializedCapacity: action.width) { values, count in
      features.withUnsafeBufferPointer { action.write(valuesOf: $0, into: values) }
      count = action.width
    }
  }

  /// An action in the environment's units from its features.
  ///
  /// - Throws: ``WindowError`` for another length or a value that is not finite.
  public func denormalise(action features: [Float]) throws -> [Float] {
    try values(ofAction: features).map { Float($0) }
  }
}
