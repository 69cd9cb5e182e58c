import ArgumentParser
import Environments

/// The choice of an environment and its options.
struct EnvironmentSelection: ParsableArguments {
  @Option(help: "What is simulated; 'dpolicy environments' lists all.")
  var environment: String

  @Option(
    name: .customLong("option"),
    help: ArgumentHelp("An option of the environment; may be repeated.", valueName: "name=value"))
  var options: [String] = []

  /// The options as numbers, checked.
  ///
  /// - Throws: ``UsageError`` for what is not an assignment, ``EnvironmentError`` for unknown names
  ///   and values out of range.
  func makeEnvironment() throws -> any Environment {
    try EnvironmentRegistry.standard.make(environment, options: assignments())
  }

  /// What is given as `name=value`.
  ///
  /// - Throws: ``UsageError`` for what is not an assignment of a number, or for a name given twice.
  func assignments() throws -> [String: Double] {
    var values: [String: Double] = [:]
    for option in options {
      let parts = option.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let value = Double(parts[1]), value.isFinite else {
        throw UsageError("'--option \(option)' must be name=number, such as spread=0.5")
      }
      guard values.updateValue(value, forKey: String(parts[0])) == nil else {
        throw UsageError("option '\(parts[0])' is given twice")
      }
    }
    return values
  }
}
