/// Says that one value of an observation is an angle in radians, for a file that does not say it.
public struct AngleMark: Sendable, Hashable, CustomStringConvertible {
  /// The observation's name.
  public var observation: String
  /// Which of its values, from 0.
  public var index: Int

  /// Creates a mark.
  public init(_ observation: String, _ index: Int) {
    self.observation = observation
    self.index = index
  }

  /// Reads a mark such as `block_pose.2`.
  ///
  /// - Throws: ``WindowError/malformedAngle(text:)``.
  public init(parsing text: String) throws {
    guard let dot = text.lastIndex(of: "."), dot != text.startIndex,
      let index = Int(text[text.index(after: dot)...]), index >= 0
    else { throw WindowError.malformedAngle(text: text) }
    self.init(String(text[..<dot]), index)
  }

  /// The mark as it is written on the command line.
  public var description: String { "\(observation).\(index)" }
}
