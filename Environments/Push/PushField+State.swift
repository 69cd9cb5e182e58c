import EnvironmentInterface
import Physics

extension PushField {
  /// The length of ``state``.
  static let stateCount = 24

  /// All numbers in a fixed order: pusher x, y; for each block x, y, angle, their velocities, side;
  /// zones x, y; step count; first block, first zone; whether it is solved.
  var state: [Float] {
    var values = [pusher.x, pusher.y]
    for block in blocks {
      values += [block.position.x, block.position.y, block.angle]
      values += [block.velocity.x, block.velocity.y, block.angularVelocity, Float(block.side)]
    }
    for zone in zones { values += [zone.x, zone.y] }
    values += [Float(stepCount), Float(first?.block ?? -1), Float(first?.zone ?? -1)]
    values.append(isSolved ? 1 : 0)
    return values
  }

  /// Reads what ``state`` wrote.
  ///
  /// - Throws: ``EnvironmentError`` that says which number cannot be.
  init(state: [Float]) throws {
    guard state.count == Self.stateCount else {
      throw EnvironmentError.wrongLength(
        what: "state of push", expected: Self.stateCount, actual: state.count)
    }
    if let index = state.firstIndex(where: { !$0.isFinite }) {
      throw EnvironmentError.notFinite(what: "state of push", index: index)
    }
    try Self.check(state)
    let blocks = [2, 9].map { start in
      Block(
        position: SIMD2(state[start], state[start + 1]), angle: state[start + 2],
        velocity: SIMD2(state[start + 3], state[start + 4]), angularVelocity: state[start + 5],
        side: Int(state[start + 6]))
    }
    self.init(
      pusher: SIMD2(state[0], state[1]), blocks: blocks,
      zones: [SIMD2(state[16], state[17]), SIMD2(state[18], state[19])])
    stepCount = Int(state[20])
    if state[21] >= 0 { first = (Int(state[21]), Int(state[22])) }
    isSolved = state[23] == 1
  }

  /// Throws where a finite number is not one that its place can hold.
  private static func check(_ state: [Float]) throws {
    func require(_ holds: Bool, _ index: Int, _ reason: String) throws {
      guard !holds else { return }
      throw EnvironmentError.impossibleState(reason: "value \(index) is \(state[index]), \(reason)")
    }
    for index in [0, 1, 2, 3, 9, 10, 16, 17, 18, 19] {
      try require(abs(state[index]) <= 1, index, "but positions lie in -1…1")
    }
    for index in [4, 11] {
      try require(abs(state[index]) <= Float.pi, index, "but angles lie in -π…π")
    }
    // What the physics itself never exceeds.
    for index in [5, 6, 12, 13] {
      try require(abs(state[index]) <= 15, index, "but velocities lie in -15…15")
    }
    for index in [7, 14] {
      try require(abs(state[index]) <= 100, index, "but angular velocities lie in -100…100")
    }
    for index in [8, 15] {
      try require([-1, 0, 1].contains(state[index]), index, "but a side is -1, 0 or 1")
    }
    let isStep = state[20] >= 0 && state[20] <= 1e6 && state[20] == state[20].rounded()
    try require(isStep, 20, "but a step count is a whole number from 0")
    for index in [21, 22] {
      try require([-1, 0, 1].contains(state[index]), index, "but it names a block or zone: -1…1")
    }
    try require((state[21] < 0) == (state[22] < 0), 22, "but block and zone go together")
    try require([0, 1].contains(state[23]), 23, "but solved is 0 or 1")
  }
}
