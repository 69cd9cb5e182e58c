import EnvironmentInterface

extension PushField {
  /// The numbers of ``state``: pusher x, y; for each block x, y, angle, their velocities, side;
  /// zones x, y; step count; first block, first zone; whether it is solved.
  static let layout: StateLayout<PushField> = {
    let place = "positions lie in -1…1"
    let name = "it names a block or zone: -1…1"
    let blocks = [0, 1].flatMap { block -> [StateLayout<PushField>.Property] in
      [
        .vector(\.blocks[block].position, in: -1...1, place),
        .float(\.blocks[block].angle, in: -.pi...(.pi), "angles lie in -π…π"),
        // What the physics itself never exceeds.
        .vector(\.blocks[block].velocity, in: -15...15, "velocities lie in -15…15"),
        .float(
          \.blocks[block].angularVelocity, in: -100...100, "angular velocities lie in -100…100"),
        .whole(\.blocks[block].side, in: -1...1, "a side is -1, 0 or 1"),
      ]
    }
    return StateLayout(
      "state of push",
      [.vector(\.pusher, in: -1...1, place)] + blocks + [
        .vector(\.zones[0], in: -1...1, place), .vector(\.zones[1], in: -1...1, place),
        .whole(\.stepCount, in: 0...1_000_000, "a step count is a whole number from 0"),
        .whole(\.firstBlock, in: -1...1, name), .whole(\.firstZone, in: -1...1, name),
        .flag(\.isSolved, "solved is 0 or 1"),
      ])
  }()

  /// All numbers, in the order of ``layout``.
  var state: [Float] { Self.layout.state(of: self) }

  /// Reads what ``state`` wrote.
  ///
  /// - Throws: ``EnvironmentError`` that says which number cannot be.
  init(state: [Float]) throws(EnvironmentError) {
    let block = Block(position: .zero, angle: 0)
    self.init(pusher: .zero, blocks: [block, block], zones: [.zero, .zero])
    try Self.layout.read(state[...], into: &self)
    guard (firstBlock < 0) == (firstZone < 0) else {
      throw .impossibleState(reason: "value 22 is \(state[22]), but block and zone go together")
    }
  }
}
