public import Demonstrations
public import EnvironmentInterface
import Naming

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
  /// The digest of the demonstrations' contents.
  public var digest: String
  /// The metrics of the task's own, beside those of every task: what its environment declares, and
  /// what else was given.
  public var metrics: [Metric]
  /// The demonstrations' store, where the task was read from one: it has been digested already.
  private(set) var store: DemonstrationStore?

  /// Creates a task.
  ///
  /// - Parameters:
  ///   - makeEnvironment: Makes the environment; called on several threads.
  ///   - makeDemonstrator: Makes the scripted demonstrator of an environment; nil for none.
  ///   - demonstrations: The recorded episodes; at least two.
  ///   - path: Where they come from.
  ///   - digest: The digest of their contents.
  ///   - metrics: Metrics of the task's own, beside those that its environment declares.
  /// - Throws: ``EvaluationError/missing(what:where:)`` for fewer than two demonstrations, and what
  ///   making the environment throws.
  public init(
    environment makeEnvironment: @escaping @Sendable () throws -> any Environment,
    demonstrator makeDemonstrator: (@Sendable (any Environment) throws -> any Demonstrator)? = nil,
    demonstrations: [Episode], path: String, digest: String, metrics: [Metric] = []
  ) throws {
    guard demonstrations.count >= 2 else {
      throw EvaluationError.missing(what: "two episodes to compare", where: path)
    }
    let environment = try makeEnvironment()
    description = environment.description
    name = description.name
    let known = environment as? any KnownActionDistribution
    self.metrics = (known?.actionMetrics ?? []).map(Metric.own) + metrics
    self.makeEnvironment = makeEnvironment
    self.makeDemonstrator = makeDemonstrator
    self.demonstrations = demonstrations
    self.path = path
    self.digest = digest
  }

  /// Reads demonstrations and makes the environment that they were recorded in, with the options of
  /// the recording.
  ///
  /// - Parameters:
  ///   - name: The environment's name.
  ///   - registry: The environments that there are.
  ///   - path: The demonstrations' file.
  ///   - links: Which other files the demonstrations may lead to.
  ///   - options: Settings of the environment, by name; they stand above the file's.
  /// - Throws: ``EvaluationError/otherEnvironment(path:recorded:asked:)`` for a recording of
  ///   another environment (but any may be of another program's), `EnvironmentError` for an
  ///   unknown one, and `DemonstrationError` for a file that cannot be read.
  public init(
    environment name: String, of registry: EnvironmentRegistry, demonstrations path: String,
    following links: LinkPolicy = .ownFolder, options: [String: Double] = [:]
  ) throws {
    let entry = try registry.entry(name)
    let store = try DemonstrationStore(reading: path, following: links)
    let isSame = store.environment?.name == name
    if let recorded = store.environment?.name, !isSame, !entry.isExternal {
      throw EvaluationError.otherEnvironment(path: path, recorded: recorded, asked: name)
    }
    let options = (isSame ? store.environment?.options ?? [:] : [:]).merging(options) { $1 }
    let environment = try registry.make(name, options: options)
    // Another program may have none, which only it knows.
    let isShown = !entry.isExternal || (try? entry.makeDemonstrator(environment)) != nil
    let flat = environment.description.observations
      .filter { $0.elementType == .float32 }.map(\.name)
    let kept = try store.count > 0 ? store.observationNames().filter(flat.contains) : []
    var demonstrations: [Episode] = []
    try store.forEachEpisode(
      of: Array(0..<store.count), observations: kept, digesting: true
    ) { episode, _ in
      demonstrations.append(episode)
      demonstrations[demonstrations.count - 1].observations = episode.observations.filter {
        kept.contains($0.key)
      }
    }
    try self.init(
      environment: { try registry.make(name, options: options) },
      demonstrator: isShown ? entry.makeDemonstrator : nil, demonstrations: demonstrations,
      path: path, digest: store.digest())
    self.store = store
  }

  /// The flat observations that both the environment and every demonstration have.
  public var features: [String] {
    description.observations.filter { space in
      space.elementType == .float32
        && demonstrations.allSatisfy { $0.observations[space.name]?.width == space.count }
    }.map(\.name)
  }

  /// What policies can look at, where more was recorded than the environment shows.
  ///
  /// - Returns: The names of what both have; nil where all that was recorded is shown.
  /// - Throws: ``EvaluationError/missing(what:where:)`` where they have nothing in common, and
  ///   `DemonstrationError` for a file that cannot be read.
  public func sharedObservations() throws -> [String]? {
    guard let store else { return nil }
    let (recorded, features) = (try store.observationNames(), features)
    let shared = description.observations.filter {
      recorded.contains($0.name) && ($0.elementType == .uint8 || features.contains($0.name))
    }.map(\.name)
    guard !recorded.allSatisfy(shared.contains) else { return nil }
    guard !shared.isEmpty else {
      throw EvaluationError.missing(
        what: "observation that '\(name)' shows too ("
          + description.observations.map { "\($0.name) \($0.shape)" }.joined(separator: ", ") + ")",
        where: path)
    }
    return shared
  }

  /// Refuses to look at what the environment does not show, before anything is trained for it.
  func checkShows(_ observations: [String]) throws {
    for name in observations where !description.observations.contains(where: { $0.name == name }) {
      throw UnknownName(
        kind: "observation of \(self.name)", name: name,
        known: description.observations.map(\.name))
    }
  }
}
