/// Says that one value of an observation or of the actions is an angle, for a file that does not
/// say it.
public struct AngleMark: Sendable, Hashable, CustomStringConvertible {
  /// The observation's name, or `actions`.
  public var observation: String
  /// Which of its values, from 0.
  public var index: Int
  /// Whether it is in degrees and not in radians; never guessed.
  public var isDegrees: Bool

  /// Creates a mark.
  public init(_ observation: String, _ index: Int, isDegrees: Bool = false) {
    self.observation = observation
    self.index = index
    self.isDegrees = isDegrees
  }

  /// Reads a mark such as `block_pose.2`, or `heading.0:degrees`.
  ///
  /// - Throws: ``WindowError/malformedAngle(text:)``.
  public init(parsing text: String) throws {
    var mark = text[...]
    let isDegrees = mark.hasSuffix(":degrees")
    if isDegrees { mark = mark.dropLast(8) }
    guard let dot = mark.lastIndex(of: "."), dot != mark.startIndex,
      let index = Int(mark[mark.index(after: dot)...]), index >= 0
    else { throw WindowError.malformedAngle(text: text) }
    self.init(String(mark[..<dot]), index, isDegrees: isDegrees)
  }

  /// The mark as it is written on the command line.
  public var description: String { "\(observation).\(index)\(isDegrees ? ":degrees" : "")" }
}
