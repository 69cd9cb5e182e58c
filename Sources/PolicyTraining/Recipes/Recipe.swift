public import Demonstrations
public import PolicyRuntime

/// Settings that were measured to be good for one kind of demonstrations.
///
/// `dpolicy train` begins with that of the recorded environment where no method and no network is
/// named; every flag overrides it.
public struct Recipe: Sendable, Hashable {
  /// The environment that it is for.
  public var name: String
  /// What decided, in a sentence.
  public var reason: String
  /// The settings.
  public var configuration: TrainingConfiguration

  /// Creates a recipe.
  public init(name: String, reason: String, configuration: TrainingConfiguration) {
    self.name = name
    self.reason = reason
    self.configuration = configuration
  }

  /// This package's recipes, for its environments.
  public static var standard: [Recipe] { [claw, push, pushT] }

  /// A recipe by its name.
  ///
  /// - Throws: ``/PolicyRuntime/ImitationError/optionOutOfRange(name:value:range:)``.
  public static func named(_ name: String) throws(ImitationError) -> Recipe {
    guard let recipe = standard.first(where: { $0.name == name }) else {
      throw .optionOutOfRange(
        name: "the recipe", value: name,
        range: standard.map(\.name).joined(separator: ", ") + ", or none")
    }
    return recipe
  }

  /// The recipe of demonstrations: that of their environment, if they hold what it looks at.
  ///
  /// - Parameter demonstrations: The recordings.
  /// - Returns: The recipe; nil where there is none.
  /// - Throws: ``/Demonstrations/DemonstrationError`` where they cannot be read.
  public static func of(_ demonstrations: DemonstrationStore) throws -> Recipe? {
    guard let recipe = standard.first(where: { $0.name == demonstrations.environmentName }) else {
      return nil
    }
    let held = try demonstrations.observationNames()
    let needed = recipe.configuration.policy.observations ?? []
    return needed.allSatisfy(held.contains) ? recipe : nil
  }
}
