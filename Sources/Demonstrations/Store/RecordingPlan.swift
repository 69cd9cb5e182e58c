/// What a command set out to record; a file with fewer episodes is a part of it and says so.
public struct RecordingPlan: Codable, Sendable, Hashable {
  /// The command, such as `rollout`.
  public var command: String
  /// How many episodes the whole has.
  public var episodes: Int
  /// All that decides what is recorded: only a command with the same continues the file.
  public var settings: [String: String]

  /// Creates a plan.
  public init(command: String, episodes: Int, settings: [String: String]) {
    self.command = command
    self.episodes = episodes
    self.settings = settings
  }

  /// The settings that differ, in words; empty where a recording can be continued by the other.
  public func differences(from other: RecordingPlan) -> [String] {
    var differences: [String] = []
    if command != other.command {
      differences.append("command was \(command) and is \(other.command)")
    }
    for name in Set(settings.keys).union(other.settings.keys).sorted()
    where settings[name] != other.settings[name] {
      differences.append(
        "\(name) was \(settings[name] ?? "not given") and is \(other.settings[name] ?? "not given")"
      )
    }
    return differences
  }
}
