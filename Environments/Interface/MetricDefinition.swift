/// What a number that measures an agent means, and how it is shown.
public struct MetricDefinition: Codable, Sendable, Hashable {
  /// Which values are better.
  public enum Direction: String, Codable, Sendable, Hashable {
    /// The larger the better.
    case up
    /// The smaller the better.
    case down

    /// An arrow for column titles.
    public var arrow: String { self == .up ? "↑" : "↓" }
  }

  /// The key in files, such as `state_wasserstein`.
  public var key: String
  /// The title of its column, without the arrow.
  public var title: String
  /// Which values are better.
  public var direction: Direction
  /// How many decimals are shown.
  public var decimals: Int
  /// What it is, in one or two sentences.
  public var definition: String

  /// The title with the arrow for the better direction.
  public var heading: String { "\(title) \(direction.arrow)" }

  /// Creates a definition.
  public init(
    _ key: String, title: String, better direction: Direction, decimals: Int, _ definition: String
  ) {
    self.key = key
    self.title = title
    self.direction = direction
    self.decimals = decimals
    self.definition = definition
  }
}
