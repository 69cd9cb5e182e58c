/// What was measured of one cell: the contents of its file.
public struct CellReport: Codable, Sendable, Hashable {
  /// Material for pictures.
  public struct Sample: Codable, Sendable, Hashable {
    /// Actions at a few observations, where single decisions are compared: observations × draws ×
    /// A.
    public var actions: [[[Float]]] = []
    /// Where the agent was, or what it aimed at, in episodes that all start alike: episodes ×
    /// steps × 2.
    public var paths: [[[Float]]] = []
    /// The environment's states at evenly spaced times of the first of those episodes.
    public var frames: [[Float]] = []
  }

  /// Which cell.
  public var cell: BenchmarkCell
  /// Everything that decided the numbers; a report made under other conditions is not used.
  public var conditions: [String: String]
  /// The metrics' values, by their keys.
  public var metrics: [String: Double]
  /// How many of how many episodes succeeded.
  public var successes, episodes: Int
  /// Material for pictures.
  public var sample: Sample
}
