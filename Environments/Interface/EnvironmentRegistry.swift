import Naming

/// How to make one kind of environment and its scripted demonstrator.
public struct EnvironmentEntry: Sendable {
  /// The environment's name, such as `push`.
  public var name: String
  /// What it is, in one sentence.
  public var summary: String
  /// What may be chosen.
  public var options: [EnvironmentOption]
  /// Makes an environment from checked options (every option has a value).
  public var make: @Sendable (_ options: [String: Double]) throws -> any Environment
  /// Makes a demonstrator for an environment that `make` made.
  public var makeDemonstrator: @Sendable (_ environment: any Environment) throws -> any Demonstrator
  /// Whether its worlds are another program's, so that recordings of them may bear other names.
  public var isExternal = false

  /// Creates an entry.
  public init(
    name: String, summary: String, options: [EnvironmentOption],
    make: @escaping @Sendable (_ options: [String: Double]) throws -> any Environment,
    makeDemonstrator:
      @escaping @Sendable (_ environment: any Environment) throws -> any Demonstrator
  ) {
    self.name = name
    self.summary = summary
    self.options = options
    self.make = make
    self.makeDemonstrator = makeDemonstrator
  }

  /// Creates an entry of an environment whose options are declared by its type.
  ///
  /// - Parameters:
  ///   - name: The environment's name.
  ///   - summary: What it is, in one sentence.
  ///   - make: Makes an environment from checked options.
  ///   - demonstrator: Makes its demonstrator; nil for an environment of another kind.
  public init<Options: EnvironmentOptions>(
    name: String, summary: String,
    make: @escaping @Sendable (_ options: Options) throws -> any Environment,
    demonstrator: @escaping @Sendable (_ environment: any Environment) -> (any Demonstrator)?
  ) {
    self.init(
      name: name, summary: summary, options: Options.declared, make: { try make(Options($0)) },
      makeDemonstrator: { environment in
        guard let demonstrator = demonstrator(environment) else {
          throw UnknownName(
            kind: "environment for the demonstrator of \(name)",
            name: environment.description.name, known: [name])
        }
        return demonstrator
      })
  }
}

/// The environments that a program knows, by name.
public struct EnvironmentRegistry: Sendable {
  /// The entries in the order in which they are listed.
  public let entries: [EnvironmentEntry]

  /// Creates a registry.
  public init(_ entries: [EnvironmentEntry]) {
    self.entries = entries
  }

  /// The entry of a name.
  ///
  /// - Throws: `UnknownName`, which names the nearest one.
  public func entry(_ name: String) throws -> EnvironmentEntry {
    guard let entry = entries.first(where: { $0.name == name }) else {
      throw UnknownName(
        kind: "environment", name: name, known: entries.map(\.name))
    }
    return entry
  }

  /// Makes an environment; options that are not given have their default.
  ///
  /// - Throws: ``EnvironmentError`` for an unknown name or option, or a value out of range.
  public func make(_ name: String, options: [String: Double] = [:]) throws -> any Environment {
    let entry = try entry(name)
    var values: [String: Double] = [:]
    for option in entry.options { values[option.name] = option.defaultValue }
    for (key, value) in options.sorted(by: { $0.key < $1.key }) {
      guard let option = entry.options.first(where: { $0.name == key }) else {
        throw UnknownName(
          kind: "option of \(name)", name: key, known: entry.options.map(\.name))
      }
      try option.check(value)
      values[key] = value
    }
    return try entry.make(values)
  }
}
