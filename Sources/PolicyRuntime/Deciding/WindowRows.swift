import EnvironmentInterface

/// Where a compiled network reads the windows of observations that it decides for.
final class WindowRows {
  private let shape: PolicyShape
  private let normalizer: Normalizer
  /// Rows × (To · Do), normalised.
  private let observations: UnsafeMutableBufferPointer<Float>
  /// For each image rows × (To · height · width · channels).
  private let images: [UnsafeMutableBufferPointer<Float>]
  /// The values of actions that are distances, and the features that the network is not shown.
  private let relative: [RelativePlace]
  private let unseen: [Range<Int>]
  /// For each row where one is: a value for each of ``relative``.
  private var positions: [Double]

  init(
    shape: PolicyShape, normalizer: Normalizer, capacity: Int,
    observations: UnsafeMutableBufferPointer<Float>, images: [UnsafeMutableBufferPointer<Float>]
  ) {
    self.shape = shape
    self.normalizer = normalizer
    self.observations = observations
    self.images = images
    relative = normalizer.relativePlaces
    unseen = normalizer.unseenFeatures
    positions = Array(repeating: 0, count: relative.count * capacity)
  }

  private var horizon: Int { shape.horizons.observation }

  /// Where the features of one step of a row's window stand.
  func features(step: Int, row: Int) -> UnsafeMutableBufferPointer<Float> {
    let width = shape.stepObservationWidth
    let start = (row * horizon + step) * width
    return UnsafeMutableBufferPointer(rebasing: observations[start..<start + width])
  }

  /// Where one image of one step of a row's window stands.
  func pixels(image: Int, step: Int, row: Int) -> UnsafeMutableBufferPointer<Float> {
    let count = shape.images[image].count
    let start = (row * horizon + step) * count
    return UnsafeMutableBufferPointer(rebasing: images[image][start..<start + count])
  }

  /// Writes a window's features and images into its row, repeating the first observation if there
  /// are few.
  ///
  /// - Throws: `WindowError` naming an observation that is missing or malformed, and
  ///   ``ImitationError/malformedWindow(reason:)`` for an empty window.
  func write(_ window: ObservationWindow, row: Int) throws {
    guard !window.observations.isEmpty else {
      throw ImitationError.malformedWindow(reason: "a window holds no observation")
    }
    let seen = Array(window.observations.suffix(horizon))
    // A codec may look at nothing.
    let isRead = !observations.isEmpty || images.contains { !$0.isEmpty }
    for index in 0..<horizon where isRead {
      let observation = seen[max(0, index - (horizon - seen.count))]
      _ = features(step: index, row: row).update(
        fromContentsOf: try normalizer.features(of: observation))
      hideUnseen(step: index, row: row)
      for image in shape.images.indices {
        try normalizer.write(
          image: image, of: observation, into: pixels(image: image, step: index, row: row))
      }
    }
    if relative.isEmpty { return }
    let latest = normalizer.observations.flatMap { seen.last?[$0.name]?.numbers ?? [] }
    latest.withUnsafeBufferPointer { notePosition($0, row: row) }
  }

  /// Notes where one is, for actions that are relative to it; allocates nothing.
  ///
  /// - Parameters:
  ///   - values: The values of the latest observation, in the order of the normaliser's.
  ///   - row: The window's row.
  func notePosition(_ values: UnsafeBufferPointer<Double>, row: Int) {
    for (index, place) in relative.enumerated() {
      positions[row * relative.count + index] = values[place.value]
    }
  }

  /// Takes from a step's features those that the network is not to see.
  func hideUnseen(step: Int, row: Int) {
    for range in unseen {
      let features = features(step: step, row: row)
      for feature in range { features[feature] = 0 }
    }
  }

  /// Adds to an action where one is, for values that are distances from there.
  func place(_ action: UnsafeMutableBufferPointer<Double>, row: Int) {
    for (index, place) in relative.enumerated() {
      action[place.action] += positions[row * relative.count + index]
    }
  }

  /// An action as networks know it: values that are distances are taken from where one is.
  ///
  /// - Throws: `WindowError` for an action of another length or that is not finite.
  func features(ofAction action: [Float], row: Int) throws -> [Float] {
    var values = action
    for (index, place) in relative.enumerated() where values.indices.contains(place.action) {
      values[place.action] -= Float(positions[row * relative.count + index])
    }
    return try normalizer.normalise(action: values)
  }
}
