/// What can go wrong while episodes are run, compared and written down.
public enum EvaluationError: Error, CustomStringConvertible, Sendable, Hashable {
  /// A number in a configuration outside its range.
  case badSetting(name: String, value: String, expected: String)
  /// A setting of a training that a benchmark chooses for each cell.
  case chosenElsewhere(setting: String, place: String, by: String)
  /// A file that could not be read or written.
  case file(path: String, reason: String)
  /// Another process is writing results into a folder.
  case busy(path: String, process: String)
  /// Other processes compute parts of another benchmark into a folder: other settings,
  /// demonstrations or another version.
  case otherParts(path: String, process: String)
  /// Demonstrations of another environment than the one that is to be compared.
  case otherEnvironment(path: String, recorded: String, asked: String)
  /// Somebody asked to stop; what is finished is kept.
  case stopped(during: String)
  /// Two metrics of one name.
  case ambiguousMetric(key: String)
  /// Episodes that lack what a metric or a picture needs.
  case missing(what: String, where: String)

  /// What is wrong and what would be right.
  public var description: String {
    switch self {
    case .badSetting(let name, let value, let expected):
      return "setting '\(name)' is \(value), expected \(expected)"
    case .chosenElsewhere(let setting, let place, let chooser):
      return "\(place) must not set '\(setting)': the benchmark's '\(chooser)' choose it"
    case .file(let path, let reason):
      return "\(path): \(reason)"
    case .busy(let path, let process):
      return
        "\(path): another process (\(process)) is writing results into it; wait for it to end, or stop it"
    case .otherParts(let path, let process):
      return
        "\(path): \(process) computes parts of another benchmark into it (other settings, demonstrations or version); name another folder, or wait for it to end"
    case .otherEnvironment(let path, let recorded, let asked):
      return "\(path): recorded in '\(recorded)', not in '\(asked)'"
    case .stopped(let activity):
      return "stopped while \(activity); the same command continues from there"
    case .ambiguousMetric(let key):
      return "two tasks bring different metrics of the key '\(key)'; give one of them another"
    case .missing(let what, let place):
      return "\(place) has no \(what)"
    }
  }
}
