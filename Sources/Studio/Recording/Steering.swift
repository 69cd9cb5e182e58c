public import EnvironmentInterface

/// How a pointer becomes actions, as an environment's spaces tell.
///
/// Where an action is a place (two components x and y of one unit) and the environment has a clock,
/// the action follows the pointer; where a step takes as long as it takes, a click is one action.
public struct Steering: Codable, Sendable, Hashable {
  /// When the pointer acts.
  public enum Kind: String, Codable, Sendable {
    /// All the time: the action is where the pointer is.
    case follow
    /// At a click.
    case click
  }

  /// Where in an observation something stands that can be compared with the action.
  public struct Place: Codable, Sendable, Hashable {
    /// The observation's name.
    public var observation: String
    /// The index of x; y follows.
    public var index: Int

    /// Creates a place.
    public init(observation: String, index: Int) {
      self.observation = observation
      self.index = index
    }
  }

  /// When the pointer acts.
  public let kind: Kind
  /// The smallest x and y of an action.
  public let low: [Float]
  /// The largest x and y of an action.
  public let high: [Float]
  /// Where it is now what the action moves: the first place in an observation of the action's unit
  /// and range; nil where no observation shows one, or a click moves nothing.
  public let hand: Place?

  /// Reads an environment's spaces.
  ///
  /// - Throws: ``StudioFailure/notSteerable(environment:action:)`` where an action is not a place.
  public init(_ description: EnvironmentDescription) throws {
    let action = description.action.components
    guard action.count == 2, Self.isPlace(action[0], action[1]) else {
      throw StudioFailure.notSteerable(
        environment: description.name, action: action.map(\.name))
    }
    kind = description.controlRate > 0 ? .follow : .click
    low = action.map(\.low)
    high = action.map(\.high)
    hand = kind == .click ? nil : Self.hand(of: description, like: action)
  }

  private static func isPlace(_ x: Space.Component, _ y: Space.Component) -> Bool {
    x.name.hasSuffix("x") && y.name.hasSuffix("y") && x.unit == y.unit && !x.isAngle && !y.isAngle
  }

  private static func hand(
    of description: EnvironmentDescription, like action: [Space.Component]
  ) -> Place? {
    for space in description.observations {
      let components = space.components
      for index in components.indices.dropLast() {
        let (x, y) = (components[index], components[index + 1])
        guard isPlace(x, y), x.unit == action[0].unit, x.low == action[0].low,
          x.high == action[0].high, y.low == action[1].low, y.high == action[1].high
        else { continue }
        return Place(observation: space.name, index: index)
      }
    }
    return nil
  }

  /// Where the hand is now; the middle of the action's range where nothing shows it.
  func position(in environment: any Environment) -> [Float] {
    if let hand, case .float32(let values)? = try? environment.observation(hand.observation),
      values.count > hand.index + 1
    {
      return Array(values[hand.index...hand.index + 1])
    }
    return zip(low, high).map { ($0 + $1) / 2 }
  }
}
