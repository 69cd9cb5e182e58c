/// What was read of demonstrations to train on, for people: what is looked at, what is left out and
/// why, how each space is scaled, and what looks odd.
public struct ReadingNotes: Codable, Sendable, Hashable {
  /// A space that is looked at, or the actions.
  public struct Space: Codable, Sendable, Hashable {
    /// Its name.
    public var name: String
    /// What a step holds and how it is scaled, in words.
    public var words: String
  }

  /// Something that is not looked at.
  public struct LeftOut: Codable, Sendable, Hashable {
    /// Its name.
    public var name: String
    /// Why not.
    public var reason: String
  }

  /// What is looked at, the actions last.
  public var spaces: [Space] = []
  /// What is not.
  public var leftOut: [LeftOut] = []
  /// What looks odd, each in a sentence.
  public var warnings: [String] = []
}
