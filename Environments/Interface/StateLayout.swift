/// The numbers of a state in their order, each declared once by key path: writing, reading and
/// checking them follow.
public struct StateLayout<Value>: Sendable {
  /// One number: how it is put into the value, and what it may be.
  struct Number: Sendable {
    let set: @Sendable (inout Value, Float) -> Void
    let isPossible: @Sendable (Float) -> Bool
    /// What it may be, in words: `positions lie in -1…1`.
    let expectation: String
  }

  /// A property and the numbers that it is written as.
  public struct Property: Sendable {
    let numbers: [Number]
    /// Appends them to a state: a key path is followed once for all of them.
    let append: @Sendable (Value, inout [Float]) -> Void
  }

  /// What the numbers are, for errors: `state of push`.
  public let name: String
  /// The numbers, in order.
  private let numbers: [Number]
  private let properties: [Property]

  /// Creates a layout of properties, in the order of their numbers.
  public init(_ name: String, _ properties: [Property]) {
    self.name = name
    self.properties = properties
    numbers = properties.flatMap(\.numbers)
  }

  /// How many numbers there are.
  public var count: Int { numbers.count }

  /// The numbers of a value.
  public func state(of value: Value) -> [Float] {
    var state: [Float] = []
    state.reserveCapacity(count)
    for property in properties { property.append(value, &state) }
    return state
  }

  /// Puts numbers into a value.
  ///
  /// - Parameters:
  ///   - state: As ``state(of:)`` made them; errors name their indices.
  ///   - value: What the numbers are put into.
  /// - Throws: ``EnvironmentError`` for another number of numbers, and for one that cannot be.
  public func read(_ state: ArraySlice<Float>, into value: inout Value) throws(EnvironmentError) {
    guard state.count == count else {
      throw .wrongLength(what: name, expected: count, actual: state.count)
    }
    if let index = state.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(what: name, index: index)
    }
    for (number, index) in zip(numbers, state.indices) {
      guard number.isPossible(state[index]) else {
        throw .impossibleState(
          reason: "value \(index) is \(state[index]), but \(number.expectation)")
      }
      number.set(&value, state[index])
    }
  }
}

extension StateLayout.Property {
  /// A number in a range.
  public static func float(
    _ path: any WritableKeyPath<Value, Float> & Sendable, in range: ClosedRange<Float>,
    _ expectation: String
  ) -> StateLayout.Property {
    StateLayout.Property(
      numbers: [
        StateLayout.Number(
          set: { $0[keyPath: path] = $1 }, isPossible: { range.contains($0) },
          expectation: expectation)
      ], append: { $1.append($0[keyPath: path]) })
  }

  /// Two numbers, x and y, both in a range.
  public static func vector(
    _ path: any WritableKeyPath<Value, SIMD2<Float>> & Sendable, in range: ClosedRange<Float>,
    _ expectation: String
  ) -> StateLayout.Property {
    StateLayout.Property(
      numbers: [0, 1].map { axis in
        StateLayout.Number(
          set: { $0[keyPath: path][axis] = $1 }, isPossible: { range.contains($0) },
          expectation: expectation)
      },
      append: {
        let vector = $0[keyPath: path]
        $1.append(vector.x)
        $1.append(vector.y)
      })
  }

  /// A whole number in a range.
  public static func whole(
    _ path: any WritableKeyPath<Value, Int> & Sendable, in range: ClosedRange<Int>,
    _ expectation: String
  ) -> StateLayout.Property {
    StateLayout.Property(
      numbers: [
        StateLayout.Number(
          set: { $0[keyPath: path] = Int($1) },
          isPossible: { Int(exactly: $0).map(range.contains) ?? false }, expectation: expectation)
      ], append: { $1.append(Float($0[keyPath: path])) })
  }

  /// 1 for yes, 0 for no.
  public static func flag(
    _ path: any WritableKeyPath<Value, Bool> & Sendable, _ expectation: String
  ) -> StateLayout.Property {
    StateLayout.Property(
      numbers: [
        StateLayout.Number(
          set: { $0[keyPath: path] = $1 == 1 }, isPossible: { $0 == 0 || $0 == 1 },
          expectation: expectation)
      ], append: { $1.append($0[keyPath: path] ? 1 : 0) })
  }
}
