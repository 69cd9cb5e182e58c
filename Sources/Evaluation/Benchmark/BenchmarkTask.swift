public import Demonstrations
public import EnvironmentInterface
import Foundation

/// An environment with its demonstrations, ready to be benchmarked.
public struct BenchmarkTask: Sendable {
  /// The environment's name.
  public var name: String
  /// Spaces, clock and sub-tasks.
  public var description: EnvironmentDescription
  /// Makes the environment.
  public var makeEnvironment: @Sendable () throws -> any Environment
  /// Makes the scripted demonstrator of an environment; nil where there is none.
  public var makeDemonstrator: (@Sendable (any Environment) throws -> any Demonstrator)?
  /// The recorded episodes.
  public var demonstrations: [Episode]
  /// Where the demonstrations come from.
  public var path: String
  /// The SHA-256 digest of the demonstrations' file.
  public var digest: String

  /// Creates a task.
  ///
  /// - Throws: ``EvaluationError/missing(what:where:)`` for fewer than two demonstrations, and what
  ///   making the environment throws.
  public init(
    environment makeEnvironment: @escaping @Sendable () throws -> any Environment,
    demonstrator makeDemonstrator: (@Sendable (any Environment) throws -> any Demonstrator)? = nil,
    demonstrations: [Episode], path: String, digest: String
  ) throws {
    guard demonstrations.count >= 2 else {
      throw EvaluationError.missing(what: "two episodes to compare", where: path)
    }
    description = try makeEnvironment().description
    name = description.name
    self.makeEnvironment = makeEnvironment
    self.makeDemonstrator = makeDemonstrator
    self.demonstrations = demonstrations
    self.path = path
    self.digest = digest
  }

  /// The flat observations that both the environment and every demonstration have.
  public var features: [String] {
    description.observations.filter { space in
      space.elementType == .float32
        && demonstrations.allSatisfy { $0.observations[space.name]?.width == space.count }
    }.map(\.name)
  }

  /// The SHA-256 digest of a file, as 64 hexadecimal digits.
  ///
  /// - Throws: ``EvaluationError/file(path:reason:)``.
  public static func digest(ofFile path: String) throws(EvaluationError) -> String {
    try SHA256.digest(ofFile: path)
  }
}
