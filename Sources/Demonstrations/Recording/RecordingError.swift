/// What can go wrong while episodes are recorded, or played from a recording.
public enum RecordingError: Error, CustomStringConvertible, Sendable, Hashable {
  /// A demonstrator that hardly ever succeeds.
  case demonstratorFails(environment: String, attempts: Int, successes: Int)
  /// A number of a recorder below 1.
  case badSetting(name: String, value: Int)
  /// A recording that does not say what is needed to go where it was.
  case missing(what: String)
  /// An episode in which a simulator elsewhere failed.
  case lost(seed: UInt64, reason: String)

  /// What is wrong and what would be right.
  public var description: String {
    switch self {
    case .demonstratorFails(let environment, let attempts, let successes):
      "the demonstrator of '\(environment)' succeeded in only \(successes) of \(attempts) "
        + "episodes; choose easier options, or keep the failures too"
    case .badSetting(let name, let value):
      "setting '\(name)' is \(value), expected at least 1"
    case .missing(let what): "the recording has no \(what)"
    case .lost(let seed, let reason): "the episode of seed \(seed) is lost: \(reason)"
    }
  }
}
