/// Something in a file that cannot be used, and why.
public struct UnusedPart: Codable, Sendable, Hashable {
  /// What it is, such as `obs/lang` or `mask/valid`.
  public var name: String
  /// Why it is not used, in words.
  public var reason: String
  /// In how many episodes it stands; nil for what stands outside of episodes.
  public var episodes: Int?

  /// Creates a note.
  init(_ name: String, _ reason: String, episodes: Int? = nil) {
    self.name = name
    self.reason = reason
    self.episodes = episodes
  }
}
