import EnvironmentInterface

extension PushTField {
  /// The length of ``state``.
  static let stateCount = 11

  /// All numbers in a fixed order: agent x, y and their velocities; T x, y, angle; the angle at the
  /// start; step count; first face or -1; whether it is solved.
  var state: [Float] {
    [
      agent.x, agent.y, agentVelocity.x, agentVelocity.y, block.position.x, block.position.y,
      block.angle, startAngle, Float(stepCount), Float(firstFace ?? -1), isSolved ? 1 : 0,
    ]
  }

  /// Reads what ``state`` wrote.
  ///
  /// - Throws: ``EnvironmentError`` that says which number cannot be.
  init(state: [Float]) throws {
    guard state.count == Self.stateCount else {
      throw EnvironmentError.wrongLength(
        what: "state of push-t", expected: Self.stateCount, actual: state.count)
    }
    if let index = state.firstIndex(where: { !$0.isFinite }) {
      throw EnvironmentError.notFinite(what: "state of push-t", index: index)
    }
    try Self.check(state)
    self.init(
      agent: SIMD2(state[0], state[1]),
      block: TPose(SIMD2(state[4], state[5]), angle: state[6]))
    agentVelocity = SIMD2(state[2], state[3])
    startAngle = state[7]
    stepCount = Int(state[8])
    firstFace = state[9] >= 0 ? Int(state[9]) : nil
    isSolved = state[10] == 1
  }

  /// Throws where a finite number is not one that its place can hold.
  private static func check(_ state: [Float]) throws {
    func require(_ holds: Bool, _ index: Int, _ reason: String) throws {
      guard !holds else { return }
      throw EnvironmentError.impossibleState(reason: "value \(index) is \(state[index]), \(reason)")
    }
    for index in [0, 1, 4, 5] {
      try require((0...size).contains(state[index]), index, "but positions lie in 0…512")
    }
    // What the control law itself never exceeds.
    for index in [2, 3] {
      try require(abs(state[index]) <= 5 * size, index, "but velocities lie in -2560…2560")
    }
    for index in [6, 7] {
      try require(abs(state[index]) <= 1e4, index, "but angles lie in -10000…10000")
    }
    let isStep = state[8] >= 0 && state[8] <= 1e6 && state[8] == state[8].rounded()
    try require(isStep, 8, "but a step count is a whole number from 0")
    let isFace = state[9] >= -1 && state[9] < 8 && state[9] == state[9].rounded()
    try require(isFace, 9, "but a face is -1 or 0…7")
    try require([0, 1].contains(state[10]), 10, "but solved is 0 or 1")
  }
}
