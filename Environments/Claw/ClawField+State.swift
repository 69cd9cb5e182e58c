import EnvironmentInterface

extension ClawField {
  /// The length of ``state`` for a number of slots.
  static func stateCount(slots: Int) -> Int { 4 + 5 * slots }

  /// All numbers in a fixed order: drops, last point x, y, last outcome; for each slot kind (−1 for
  /// none), place in the order of deliveries, x, y, angle.
  var state: [Float] {
    var values = [Float(dropCount), lastPoint.x, lastPoint.y, Float(lastOutcome.rawValue)]
    for slot in 0..<slotCount {
      guard slot < toys.count else {
        values += [-1, 0, 0, 0, 0]
        continue
      }
      let toy = toys[slot]
      values += [Float(toy.kind.rawValue), Float(toy.delivery)]
      values += [toy.position.x, toy.position.y, toy.angle]
    }
    return values
  }

  /// Reads what ``state`` wrote.
  ///
  /// - Parameters:
  ///   - state: The numbers.
  ///   - slots: How many toys the environment can have.
  /// - Throws: ``EnvironmentError`` that says which number cannot be.
  init(state: [Float], slots: Int) throws {
    let expected = Self.stateCount(slots: slots)
    guard state.count == expected else {
      throw EnvironmentError.wrongLength(
        what: "state of claw", expected: expected, actual: state.count)
    }
    if let index = state.firstIndex(where: { !$0.isFinite }) {
      throw EnvironmentError.notFinite(what: "state of claw", index: index)
    }
    func require(_ holds: Bool, _ index: Int, _ reason: String) throws {
      guard !holds else { return }
      throw EnvironmentError.impossibleState(reason: "value \(index) is \(state[index]), \(reason)")
    }
    func isWhole(_ index: Int, _ low: Float, _ high: Float) -> Bool {
      state[index] == state[index].rounded() && state[index] >= low && state[index] <= high
    }
    try require(isWhole(0, 0, 1e6), 0, "but a count of drops is a whole number from 0")
    for index in [1, 2] {
      try require(abs(state[index]) <= 1, index, "but positions lie in -1…1")
    }
    try require(isWhole(3, 0, 3), 3, "but an outcome is 0, 1, 2 or 3")
    self.init(slotCount: slots, toys: [])
    dropCount = Int(state[0])
    lastPoint = SIMD2(state[1], state[2])
    lastOutcome = Outcome(rawValue: Int(state[3])) ?? .none
    for slot in 0..<slots {
      let start = 4 + 5 * slot
      try require(isWhole(start, -1, 3), start, "but a kind of toy is -1, 0, 1, 2 or 3")
      guard let kind = ToyKind(rawValue: Int(state[start])) else { continue }
      try require(toys.count == slot, start, "but slots are filled from the first")
      try require(!toys.contains { $0.kind == kind }, start, "but no two toys are of a kind")
      try require(
        isWhole(start + 1, 0, Float(slots)), start + 1, "but deliveries are 0…\(slots)")
      for index in [start + 2, start + 3] {
        try require(abs(state[index]) <= 1, index, "but positions lie in -1…1")
      }
      try require(abs(state[start + 4]) <= .pi, start + 4, "but angles lie in -π…π")
      toys.append(
        Toy(
          kind: kind, position: SIMD2(state[start + 2], state[start + 3]),
          angle: state[start + 4], delivery: Int(state[start + 1])))
    }
  }
}
