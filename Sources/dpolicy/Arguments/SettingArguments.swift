import ArgumentParser
import Evaluation
import Imitation
import Yams

/// Any setting of a training, by its path.
struct SettingArguments: ParsableArguments {
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "A setting by its path, such as policy.backbone.depth=4; may be repeated.",
      valueName: "path=value"))
  var assignments: [String] = []

  /// A configuration with what was given; it goes before files and other flags.
  ///
  /// - Throws: ``UsageError`` for what is not an assignment or a value of the wrong kind,
  ///   `EnvironmentError` for an unknown setting, with the nearest.
  func applied<Value: Codable>(to configuration: Value) throws -> Value {
    try assignments.reduce(configuration) { result, assignment in
      let (path, value) = try Self.parts(of: assignment, flag: "--set")
      return try ConfigurationFile.apply(
        Settings(path: path, value), to: result, source: "--set \(assignment)")
    }
  }

  /// The settings that were given, laid over each other.
  func settings() throws -> [(path: String, value: Settings.Value)] {
    try assignments.map { try Self.parts(of: $0, flag: "--set") }
  }

  /// A flag's `path=value`, the value read as YAML.
  ///
  /// - Throws: ``UsageError``.
  static func parts(
    of assignment: String, flag: String
  ) throws -> (path: String, value: Settings.Value) {
    let halves = assignment.split(separator: "=", maxSplits: 1).map(String.init)
    guard halves.count == 2, !halves[0].split(separator: ".").isEmpty else {
      throw UsageError(
        "'\(flag) \(assignment)' must be path=value, such as policy.backbone.depth=4")
    }
    do {
      guard let tree = try SettingsTree.parse(halves[1], source: "'\(flag) \(assignment)'") else {
        return (halves[0], .none)
      }
      return (halves[0], try YAMLDecoder().decode(Settings.Value.self, from: tree))
    } catch let error as UsageError {
      throw error
    } catch {
      throw UsageError("'\(flag) \(assignment)': the value cannot be read")
    }
  }

  /// A sweep written as `path=value,value,…`.
  ///
  /// - Throws: ``UsageError``.
  static func sweep(_ assignment: String) throws -> Sweep {
    let (path, value) = try parts(of: assignment, flag: "--sweep")
    if case .list(let values) = value { return Sweep(path, values: values) }
    let list = assignment.drop { $0 != "=" }.dropFirst()
    guard case .list(let values) = try parts(of: "\(path)=[\(list)]", flag: "--sweep").value else {
      throw UsageError("'--sweep \(assignment)' must be path=value,value,…")
    }
    return Sweep(path, values: values)
  }
}
