/// A value of the actions that is learnt and predicted as its distance from where something is at
/// the decision: every action of a chunk as a_k − p, p being a value of the latest observation.
///
/// Positions that were never shown are then no new actions. What is answered is p + (a_k − p), in
/// the environment's units, as always.
///
/// Source: Chi et al., "Universal manipulation interface", RSS 2024, section IV-B.
public struct RelativeValue: Codable, Sendable, Hashable, CustomStringConvertible {
  /// Which value of an action, from 0.
  public var action: Int
  /// The observation that says where one is.
  public var observation: String
  /// Which of its values, from 0, in the action's unit.
  public var index: Int

  /// Creates a pair.
  public init(action: Int, observation: String, index: Int) {
    self.action = action
    self.observation = observation
    self.index = index
  }

  /// The pair as it is written on the command line.
  public var description: String { "\(ValueMarks.actions).\(action)=\(observation).\(index)" }
}

/// Says which values of actions are relative to which of an observation: one of them,
/// `actions.0=agent_pos.1`, or all in order, `actions=agent_pos`.
public struct RelativeMark: Sendable, Hashable, CustomStringConvertible {
  /// The pair; nil for all values in order.
  public var value: (action: Int, index: Int)? {
    indices.map { ($0[0], $0[1]) }
  }
  /// The observation's name.
  public var observation: String
  private var indices: [Int]?

  /// Reads a mark.
  ///
  /// - Throws: ``WindowError/malformedMark(text:right:)``.
  public init(parsing text: String) throws {
    let malformed = WindowError.malformedMark(
      text: text,
      right: "actions.INDEX=NAME.INDEX, such as actions.0=agent_pos.0, or actions=NAME for all"
        + " values in order")
    let sides = text.split(separator: "=", maxSplits: 1)
    guard sides.count == 2 else { throw malformed }
    if sides[0] == ValueMarks.actions {
      observation = String(sides[1])
      return
    }
    guard sides[0].hasPrefix("\(ValueMarks.actions)."), let dot = sides[1].lastIndex(of: "."),
      dot != sides[1].startIndex,
      let action = Int(sides[0].dropFirst(ValueMarks.actions.count + 1)),
      let index = Int(sides[1][sides[1].index(after: dot)...]), action >= 0, index >= 0
    else { throw malformed }
    observation = String(sides[1][..<dot])
    indices = [action, index]
  }

  /// The mark as it is written on the command line.
  public var description: String {
    value.map { RelativeValue(action: $0.action, observation: observation, index: $0.index) }
      .map(\.description) ?? "\(ValueMarks.actions)=\(observation)"
  }
}

/// Where the two values of a ``RelativeValue`` stand.
package struct RelativePlace: Sendable, Hashable {
  /// The action's value and its feature.
  package let action, actionFeature: Int
  /// The observation's value among those of all observations, and its feature.
  package let value, feature: Int
  /// What a normalised position counts in normalised actions.
  package let ratio: Float
}
