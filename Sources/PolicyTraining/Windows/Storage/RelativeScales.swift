import PolicyRuntime

/// Learns the scales of actions that are distances from an observed position.
struct RelativeScales {
  private let collector: StepCollector
  private let plain: Normalizer
  private let prediction: Int

  /// - Parameters:
  ///   - collector: All steps.
  ///   - plain: The scales as if no action were relative.
  ///   - prediction: The actions of a chunk.
  init(_ collector: StepCollector, _ plain: Normalizer, prediction: Int) {
    self.collector = collector
    self.plain = plain
    self.prediction = prediction
  }

  /// The scales, of which those of distances are by their range over all chunks.
  ///
  /// - Parameters:
  ///   - marks: Which actions are relative to what.
  ///   - unseen: The observations that networks are not shown.
  /// - Returns: The normaliser.
  /// - Throws: ``WindowError`` for marks that do not fit the values.
  func normalizer(_ marks: [RelativeMark], unseen: [String]) throws -> Normalizer {
    let pairs = try marks.flatMap { try self.pairs($0) }
    guard plain.action.normalisation == .range, plain.action.shape == nil else {
      throw WindowError.malformedMark(
        text: "\(marks[0])", right: "for actions that are a list and scaled by range")
    }
    var ends = plain.action.valueEnds
    for pair in pairs {
      guard let (position, action) = columns(pair) else {
        throw WindowError.malformedMark(
          text: "\(pair)", right: "of two numbers, neither angles nor discrete")
      }
      ends[pair.action] = distances(
        of: try collector.column(action), from: try collector.column(position))
    }
    let action = try FeatureScale(
      name: plain.action.name,
      meaning: ValueMeaning(
        angles: plain.action.angles, degrees: plain.action.degrees, turns: plain.action.turns,
        quaternions: plain.action.quaternions, discrete: plain.action.discrete),
      ends: ends, arithmetic: .double)
    return try Normalizer(
      observations: plain.observations, images: plain.images, action: action, relative: pairs,
      unseen: unseen.isEmpty ? nil : unseen)
  }

  private func pairs(_ mark: RelativeMark) throws -> [RelativeValue] {
    if let (action, index) = mark.value {
      return [RelativeValue(action: action, observation: mark.observation, index: index)]
    }
    let width = plain.observations.first { $0.name == mark.observation }?.width
    guard width == plain.actionWidth else {
      throw WindowError.malformedMark(
        text: "\(mark)",
        right: "of as many values: actions have \(plain.actionWidth) and '\(mark.observation)'"
          + " \(width.map { "\($0)" } ?? "is not a list of numbers"); name them one by one, as in"
          + " actions.0=\(mark.observation).0")
    }
    return (0..<plain.actionWidth).map {
      RelativeValue(action: $0, observation: mark.observation, index: $0)
    }
  }

  /// The collected features of a pair's values; nil for what is no number.
  private func columns(_ pair: RelativeValue) -> (position: Int, action: Int)? {
    guard let (scale, _, start) = plain.place(of: pair.observation),
      let position = scale.numberFeature(of: pair.index),
      let action = plain.action.numberFeature(of: pair.action)
    else { return nil }
    let width = plain.observations.reduce(0) { $0 + $1.featureWidth }
    return (start + position, width + action)
  }

  /// The smallest and largest distance of any action of any chunk from where it was decided.
  private func distances(of actions: [Double], from positions: [Double]) -> SIMD2<Double> {
    var ends = SIMD2(Double.infinity, -Double.infinity)
    for (index, start) in collector.starts.enumerated() {
      let end = index + 1 < collector.starts.count ? collector.starts[index + 1] : actions.count
      for step in start..<end {
        for action in step..<min(step + prediction, end) {
          let distance = actions[action] - positions[step]
          ends = SIMD2(min(ends[0], distance), max(ends[1], distance))
        }
      }
    }
    return ends
  }
}
