import ArgumentParser
import EnvironmentInterface
import Environments
import ExternalEnvironments
import Naming

/// The choice of an environment and its options.
struct EnvironmentSelection: ParsableArguments {
  @Option(
    help: """
      What is simulated: one that 'dpolicy environments' lists, python:ID for one of gymnasium, or \
      stdio:COMMAND for one of another program.
      """, completion: .list(EnvironmentRegistry.standard.entries.map(\.name)))
  var environment: String

  @Option(
    name: .customLong("option"),
    help: ArgumentHelp("An option of the environment; may be repeated.", valueName: "name=value"))
  var options: [String] = []

  @Option(
    help: ArgumentHelp(
      "How long another program's answer may take, in seconds.", visibility: .hidden))
  var workerTimeout: Double = 120

  func validate() throws {
    guard workerTimeout > 0, workerTimeout <= 86_400 else {
      throw ValidationError("'--worker-timeout' must lie above 0 and within 86400 seconds.")
    }
  }

  /// The environment that was chosen; a program of its own is started once.
  ///
  /// - Throws: ``UsageError`` for what is not an assignment, `UnknownName` for an unknown name, and
  ///   ``EnvironmentError`` for a program that does not start.
  func chosen() throws -> ChosenEnvironment {
    let registry = try EnvironmentRegistry.naming(
      [environment], timeout: .milliseconds(Int(workerTimeout * 1000)))
    return ChosenEnvironment(
      entry: try registry.entry(environment), options: try assignments(), registry: registry)
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

extension EnvironmentRegistry {
  /// This package's environments and those of other programs that a person has named.
  ///
  /// - Parameters:
  ///   - names: Names from the command line or the configuration that it names; never from
  ///     recordings, checkpoints or results.
  ///   - timeout: How long an answer of another program may take.
  /// - Returns: The registry.
  /// - Throws: `UnknownName` for what is neither, before any program is started, and
  ///   ``EnvironmentError`` for a program that does not start.
  static func naming(
    _ names: [String], timeout: Duration = OtherPrograms.usualTimeout
  ) throws -> EnvironmentRegistry {
    let external = names.filter(OtherPrograms.isExternal)
    let known = standard.entries.map(\.name)
    for name in names where !external.contains(name) && !known.contains(name) {
      let identifier = name.contains(/-v[0-9]+$/) ? name : "ID"
      throw UnknownName(
        kind: "environment", name: name, known: known + ["python:\(identifier)", "stdio:COMMAND"])
    }
    guard !external.isEmpty else { return .standard }
    return EnvironmentRegistry(
      standard.entries
        + (try external.map { try OtherPrograms.entry($0, timeout: timeout) }))
  }
}

/// An environment that was chosen on the command line.
struct ChosenEnvironment: Sendable {
  /// How it is made.
  let entry: EnvironmentEntry
  /// What was chosen about it.
  let options: [String: Double]
  /// This package's environments and the chosen one.
  ///
  /// What files name is looked up here too, so that no file starts a program.
  let registry: EnvironmentRegistry

  /// Makes one.
  ///
  /// - Throws: `UnknownName` and ``EnvironmentError`` for options that it does not have.
  func make() throws -> any Environment { try registry.make(entry.name, options: options) }
}
