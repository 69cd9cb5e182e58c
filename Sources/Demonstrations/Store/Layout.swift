/// The names in a file: robomimic's, and ours beside them.
enum Layout {
  /// The group that holds the episodes.
  static let data = "data"
  /// The group that holds lists of episodes' names.
  static let mask = "mask"
  /// robomimic: the number of steps of all episodes; attribute of `data`.
  static let total = "total"
  /// robomimic: the environment's name, type and options as JSON; attribute of `data`.
  static let environment = "env_args"
  /// Ours: the ``EnvironmentDescription`` as JSON; attribute of `data`.
  static let description = "environment_description"
  /// Ours: the ``RecordingPlan`` as JSON, where there is one; attribute of `data`.
  static let plan = "recording_plan"
  /// robomimic: the number of steps; attribute of an episode.
  static let samples = "num_samples"
  /// Ours, attributes of an episode.
  static let seed = "seed"
  static let success = "success"
  static let behaviour = "behaviour"
  static let choices = "choices"
  static let completionSteps = "completion_steps"
  static let recordedBy = "recorded_by"
  static let recordedAt = "recorded_at"

  /// The name of an episode.
  static func demo(_ index: Int) -> String { "demo_\(index)" }

  /// Whether a name is an episode's for its form alone.
  static func isDemo(_ name: String) -> Bool { name.hasPrefix("demo_") }

  /// The number in an episode's name, or nil for a name of another form, or a number so large that
  /// none could follow.
  static func index(ofDemo name: String) -> Int? {
    guard name.hasPrefix("demo_"), name.utf8.count <= 5 + 18 else { return nil }
    return Int(name.dropFirst(5))
  }

  /// Episodes' names by their numbers; names of another form stand last, by the alphabet.
  static func ordered(_ names: [String]) -> [String] {
    names.map { (index(ofDemo: $0) ?? Int.max, $0) }.sorted { $0 < $1 }.map(\.1)
  }
}
