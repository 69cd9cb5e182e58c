import EnvironmentInterface

extension PushTField {
  /// The numbers of ``state``: agent x, y and their velocities; T x, y, angle; the angle at the
  /// start; step count; first face or -1; whether it is solved.
  static let layout = StateLayout<PushTField>(
    "state of push-t",
    [
      .vector(\.agent, in: 0...512, "positions lie in 0…512"),
      // What the control law itself never exceeds.
      .vector(\.agentVelocity, in: -2560...2560, "velocities lie in -2560…2560"),
      .vector(\.block.position, in: 0...512, "positions lie in 0…512"),
      .float(\.block.angle, in: -10_000...10_000, "angles lie in -10000…10000"),
      .float(\.startAngle, in: -10_000...10_000, "angles lie in -10000…10000"),
      .whole(\.stepCount, in: 0...1_000_000, "a step count is a whole number from 0"),
      .whole(\.firstFaceNumber, in: -1...7, "a face is -1 or 0…7"),
      .flag(\.isSolved, "solved is 0 or 1"),
    ])

  /// All numbers, in the order of ``layout``.
  var state: [Float] { Self.layout.state(of: self) }

  /// Reads what ``state`` wrote.
  ///
  /// - Throws: ``EnvironmentError`` that says which number cannot be.
  init(state: [Float]) throws(EnvironmentError) {
    self.init(agent: .zero, block: TPose(.zero, angle: 0))
    try Self.layout.read(state[...], into: &self)
  }
}
