import EnvironmentInterface

extension ClawField {
  /// The numbers of ``state`` that are not a toy's: drops, last point x, y, last outcome.
  static let layout = StateLayout<ClawField>(
    "state of claw",
    [
      .whole(\.dropCount, in: 0...1_000_000, "a count of drops is a whole number from 0"),
      .vector(\.lastPoint, in: -1...1, "positions lie in -1…1"),
      .whole(\.lastOutcomeNumber, in: 0...3, "an outcome is 0, 1, 2 or 3"),
    ])

  /// The length of ``state`` for a number of slots.
  static func stateCount(slots: Int) -> Int {
    layout.count + slots * Toy.layout(slots: slots).count
  }

  /// All numbers in a fixed order: those of ``layout``, then for each slot those of its toy, or -1
  /// and zeros for an empty one.
  var state: [Float] {
    let toyLayout = Toy.layout(slots: slotCount)
    let empty = [-1] + [Float](repeating: 0, count: toyLayout.count - 1)
    return Self.layout.state(of: self)
      + (0..<slotCount).flatMap { $0 < toys.count ? toyLayout.state(of: toys[$0]) : empty }
  }

  /// Reads what ``state`` wrote.
  ///
  /// - Parameters:
  ///   - state: The numbers.
  ///   - slots: How many toys the environment can have.
  /// - Throws: ``EnvironmentError`` that says which number cannot be.
  init(state: [Float], slots: Int) throws(EnvironmentError) {
    let expected = Self.stateCount(slots: slots)
    guard state.count == expected else {
      throw .wrongLength(what: "state of claw", expected: expected, actual: state.count)
    }
    if let index = state.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(what: "state of claw", index: index)
    }
    self.init(slotCount: slots, toys: [])
    try Self.layout.read(state[..<Self.layout.count], into: &self)
    let toyLayout = Toy.layout(slots: slots)
    for slot in 0..<slots {
      let start = Self.layout.count + slot * toyLayout.count
      guard state[start] != -1 else { continue }
      func require(_ holds: Bool, _ reason: String) throws(EnvironmentError) {
        guard !holds else { return }
        throw .impossibleState(reason: "value \(start) is \(state[start]), but \(reason)")
      }
      var toy = Toy(kind: .ball, position: .zero, angle: 0)
      try toyLayout.read(state[start..<start + toyLayout.count], into: &toy)
      try require(toys.count == slot, "slots are filled from the first")
      try require(!toys.contains { $0.kind == toy.kind }, "no two toys are of a kind")
      toys.append(toy)
    }
  }

  private var lastOutcomeNumber: Int {
    get { lastOutcome.rawValue }
    set { lastOutcome = Outcome(rawValue: newValue) ?? .none }
  }
}

extension ClawField.Toy {
  /// The numbers of a toy: kind, place in the order of deliveries, x, y, angle.
  fileprivate static func layout(slots: Int) -> StateLayout<ClawField.Toy> {
    StateLayout(
      "state of claw",
      [
        .whole(\.kindNumber, in: 0...3, "a kind of toy is -1, 0, 1, 2 or 3"),
        .whole(\.delivery, in: 0...slots, "deliveries are 0…\(slots)"),
        .vector(\.position, in: -1...1, "positions lie in -1…1"),
        .float(\.angle, in: -.pi...(.pi), "angles lie in -π…π"),
      ])
  }

  private var kindNumber: Int {
    get { kind.rawValue }
    set { kind = ToyKind(rawValue: newValue) ?? kind }
  }
}
