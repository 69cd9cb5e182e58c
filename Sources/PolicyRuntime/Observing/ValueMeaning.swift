/// What the values of one space are, as far as they are not just numbers.
package struct ValueMeaning: Sendable, Hashable {
  /// Which values are angles.
  package var angles: [Int] = []
  /// Which of these are in degrees.
  package var degrees: [Int] = []
  /// Which of these are recorded from 0 on, and not on both sides of 0.
  package var turns: [Int] = []
  /// Which values are quaternions.
  package var quaternions: [FeatureScale.Quaternion] = []
  /// Which values are one of a few.
  package var discrete: [FeatureScale.Discrete] = []

  package init(
    angles: [Int] = [], degrees: [Int] = [], turns: [Int] = [],
    quaternions: [FeatureScale.Quaternion] = [], discrete: [FeatureScale.Discrete] = []
  ) {
    self.angles = angles
    self.degrees = degrees
    self.turns = turns
    self.quaternions = quaternions
    self.discrete = discrete
  }

  /// Checks that each value has one meaning.
  package func check(name: String, width: Int) throws {
    for index in angles where !(0..<width).contains(index) {
      throw WindowError.angleOutOfRange(observation: name, index: index, width: width)
    }
    var taken = Set(angles)
    let runs =
      quaternions.map { ("the quaternion", $0.start..<$0.start + 4) }
      + discrete.map { ("the discrete value", $0.index..<$0.index + 1) }
    for (what, run) in runs {
      guard run.lowerBound >= 0, run.upperBound <= width else {
        throw WindowError.markOutOfRange(
          mark: "\(what) \(name).\(run.lowerBound)", width: width)
      }
      for index in run where !taken.insert(index).inserted {
        throw WindowError.markedTwice(value: "\(name).\(index)")
      }
    }
    for quaternion in quaternions where !(0..<4).contains(quaternion.component) {
      throw WindowError.malformedNormalizer(
        name: name, reason: "a quaternion has no component \(quaternion.component)")
    }
    for discrete in discrete
    where discrete.values.count < 1 || discrete.values != Set(discrete.values).sorted()
      || !discrete.values.allSatisfy(\.isFinite)
    {
      throw WindowError.malformedNormalizer(
        name: name, reason: "the few values of \(discrete.index) are not ascending numbers")
    }
  }

  /// What each run of values is, in order.
  package func parts(width: Int) -> [FeatureScale.Part] {
    var parts: [FeatureScale.Part] = []
    var index = 0
    while index < width {
      if angles.contains(index) {
        let turn = degrees.contains(index) ? 360 : 2 * Double.pi
        parts.append(.angle(turn: turn, from: turns.contains(index) ? 0 : -turn / 2))
      } else if let quaternion = quaternions.first(where: { $0.start == index }) {
        parts.append(
          .quaternion(component: quaternion.component, isNegative: quaternion.isNegative))
      } else if let discrete = discrete.first(where: { $0.index == index }) {
        parts.append(.discrete(discrete.values))
      } else {
        parts.append(.number)
      }
      index += parts.last?.width ?? 1
    }
    return parts
  }
}
