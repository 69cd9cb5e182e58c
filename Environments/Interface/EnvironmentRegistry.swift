import Naming

/// A number that may be chosen when an environment is made.
public struct EnvironmentOption: Codable, Sendable, Hashable {
  /// The option's name, as on the command line.
  public var name: String
  /// What it does, in one sentence.
  public var summary: String
  /// The value when nothing is said.
  public var defaultValue: Double
  /// The smallest and the largest value.
  public var low, high: Double
  /// Whether only whole numbers are allowed.
  public var isWhole: Bool

  /// Creates an option.
  public init(
    _ name: String, default defaultValue: Double, from low: Double, to high: Double,
    isWhole: Bool = false, _ summary: String
  ) {
    self.name = name
    self.summary = summary
    self.defaultValue = defaultValue
    self.low = low
    self.high = high
    self.isWhole = isWhole
  }
}

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
      guard value >= option.low, value <= option.high else {
        throw EnvironmentError.optionOutOfRange(
          name: key, value: value, low: option.low, high: option.high)
      }
      guard !option.isWhole || value == value.rounded() else {
        throw EnvironmentError.optionNotWhole(name: key, value: value)
      }
      values[key] = value
    }
    return try entry.make(values)
  }
}
