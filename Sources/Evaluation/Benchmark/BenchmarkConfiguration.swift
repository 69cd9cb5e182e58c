import EnvironmentInterface
import Foundation
public import Imitation
import Naming

/// What a benchmark compares and how: everything that a person may want to choose.
///
/// Keys that are left out of a file have their default; unknown ones are refused.
public struct BenchmarkConfiguration: Codable, Sendable, Hashable {
  /// An environment and the demonstrations of it.
  public struct Task: Codable, Sendable, Hashable {
    /// The environment's name.
    public var environment: String
    /// The path of the demonstrations' file.
    public var demonstrations: String
    /// The environment's options, where they are not the demonstrations'.
    public var options: [String: Double]
    /// What is special about training for it, laid over the benchmark's.
    public var training: Settings

    /// Creates a task.
    public init(
      environment: String, demonstrations: String, options: [String: Double] = [:],
      training: Settings = Settings()
    ) {
      self.environment = environment
      self.demonstrations = demonstrations
      self.options = options
      self.training = training
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
      case environment, demonstrations, options, training
    }

    /// Reads a task.
    ///
    /// - Throws: `UnknownName` for an unknown key, and
    ///   `DecodingError` for a missing one.
    public init(from decoder: any Decoder) throws {
      let container = try decoder.strictContainer(CodingKeys.self, of: "a benchmark's environment")
      environment = try container.decode(String.self, forKey: .environment)
      demonstrations = try container.decode(String.self, forKey: .demonstrations)
      options = try container.decodeIfPresent([String: Double].self, forKey: .options) ?? [:]
      training = try container.decodeIfPresent(Settings.self, forKey: .training) ?? Settings()
    }
  }

  /// The environments, with their demonstrations.
  public var environments: [Task]
  /// The methods' names.
  public var methods = ["mse", "diffusion"]
  /// The backbones' names.
  public var backbones = ["mlp"]
  /// Which methods are compared on which networks, each as `method backbone`; nil for all on all.
  public var pairs: [String]?
  /// How policies are trained, laid over the defaults; the same for all methods.
  public var training = Settings()
  /// What is special about training or sampling by some methods, by their names.
  public var methodTraining: [String: Settings] = [:]
  /// The settings that are varied, crossed with each other; none unless said otherwise.
  public var sweep: [Sweep] = []
  /// How one of the swept settings is chosen for each method and network; nil for a row for each.
  public var development: Development?
  /// The number of training seeds: 0, 1, ….
  public var seeds = 3
  /// The number of rollouts of each trained policy.
  public var episodes = 100
  /// The seed of the first rollout's initial state, away from those of demonstrations.
  public var rolloutSeed: UInt64 = 1_000_000
  /// At how many observations single decisions are compared, where the demonstrator is known.
  public var decisionObservations = 20
  /// How many decisions are drawn at each of them.
  public var decisionDraws = 1000
  /// The seed of the metrics' subsamples.
  public var metricSeed: UInt64 = 0

  /// Creates a configuration with every default.
  public init(environments: [Task]) {
    self.environments = environments
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case environments, methods, backbones, pairs, training, sweep, development, seeds, episodes
    case methodTraining = "method_training"
    case rolloutSeed = "rollout_seed"
    case decisionObservations = "decision_observations"
    case decisionDraws = "decision_draws"
    case metricSeed = "metric_seed"
  }

  /// Reads a configuration.
  ///
  /// - Throws: `UnknownName` for an unknown key, and
  ///   `DecodingError` for a missing or malformed one.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.strictContainer(CodingKeys.self, of: "a benchmark")
    // Version 0.1 wrote keys without underscores.
    let former = try decoder.container(keyedBy: AnyKey.self)
    func value<Value: Decodable>(_ key: CodingKeys, _ fallback: Value) throws -> Value {
      try container.decodeIfPresent(Value.self, forKey: key)
        ?? former.decodeIfPresent(Value.self, forKey: AnyKey(stringValue: key.formerName))
        ?? fallback
    }
    self.init(environments: try container.decode([Task].self, forKey: .environments))
    methods = try value(.methods, methods)
    backbones = try value(.backbones, backbones)
    pairs = try container.decodeIfPresent([String].self, forKey: .pairs)
    training = try value(.training, training)
    methodTraining = try value(.methodTraining, methodTraining)
    if container.contains(.sweep) {
      // One sweep may stand without a list around it.
      let isList = (try? container.nestedUnkeyedContainer(forKey: .sweep)) != nil
      sweep =
        isList
        ? try container.decode([Sweep].self, forKey: .sweep)
        : [try container.decode(Sweep.self, forKey: .sweep)]
    }
    development = try container.decodeIfPresent(Development.self, forKey: .development)
    seeds = try value(.seeds, seeds)
    episodes = try value(.episodes, episodes)
    rolloutSeed = try value(.rolloutSeed, rolloutSeed)
    decisionObservations = try value(.decisionObservations, decisionObservations)
    decisionDraws = try value(.decisionDraws, decisionDraws)
    metricSeed = try value(.metricSeed, metricSeed)
  }

  /// Checks the numbers, names and sweeps.
  ///
  /// - Throws: ``EvaluationError/badSetting(name:value:expected:)``, and
  ///   ``EvaluationError/chosenElsewhere(setting:place:by:)`` for settings of training that are the
  ///   cells'.
  public func check() throws(EvaluationError) {
    let numbers = [
      ("seeds", seeds, 100_000), ("episodes", episodes, 100_000_000),
      ("decision_observations", decisionObservations, 1_000_000),
      ("decision_draws", decisionDraws, 1_000_000),
    ]
    for (name, value, most) in numbers where !(1...most).contains(value) {
      throw .badSetting(
        name: name, value: "\(value)", expected: value < 1 ? "at least 1" : "at most \(most)")
    }
    let lists = [
      ("environments", environments.map(\.environment)), ("methods", methods),
      ("backbones", backbones),
    ]
    for sweep in sweep { try sweep.check() }
    try checkDevelopment()
    let all = methods.flatMap { method in backbones.map { "\(method) \($0)" } }
    if let other = pairs?.first(where: { !all.contains($0) }) {
      throw .badSetting(
        name: "pairs", value: other,
        expected: "one of 'methods', a space and one of 'backbones', such as '\(all.first ?? "")'")
    }
    guard Set(sweep.map(\.setting)).count == sweep.count else {
      throw .badSetting(
        name: "sweep", value: "\(sweep.map(\.setting))", expected: "different settings")
    }
    try training.refuseWhatBenchmarksChoose(in: "'training'")
    for task in environments {
      try task.training.refuseWhatBenchmarksChoose(in: "'training' of \(task.environment)")
    }
    for (method, settings) in methodTraining {
      guard methods.contains(method) else {
        throw .badSetting(
          name: "method_training", value: method,
          expected: "one of the compared methods: "
            + methods.joined(separator: ", "))
      }
      try settings.refuseWhatBenchmarksChoose(in: "'method_training' of \(method)")
    }
    for (name, values) in lists where values.isEmpty || Set(values).count != values.count {
      throw .badSetting(name: name, value: "\(values)", expected: "different names, at least one")
    }
  }
}

extension BenchmarkConfiguration {
  /// Whether a method is compared on a network.
  func compares(_ method: String, _ backbone: String) -> Bool {
    pairs.map { $0.contains("\(method) \(backbone)") } ?? true
  }

  /// Checks that there is something to choose, and that it is not chosen by what it is judged by.
  private func checkDevelopment() throws(EvaluationError) {
    guard let development else { return }
    let evaluated = rolloutSeed...(rolloutSeed &+ UInt64(max(episodes, 1) - 1))
    guard !sweep.isEmpty, development.episodes >= 1 else {
      throw .badSetting(
        name: "development", value: "\(development.episodes) episodes of \(sweep.count) sweeps",
        expected: "at least 1 episode, and a sweep of the settings to choose from")
    }
    guard !evaluated.overlaps(development.seeds) else {
      throw .badSetting(
        name: "development.rollout_seed", value: "\(development.rolloutSeed)",
        expected: "starts outside those of the evaluation, \(rolloutSeed)…\(evaluated.upperBound)")
    }
  }
}

extension Decoder {
  /// A container of known keys, also as version 0.1 wrote them; any other key is refused by name,
  /// with the nearest known one.
  func strictContainer<Key: CodingKey & CaseIterable>(
    _ type: Key.Type, of what: String
  ) throws -> KeyedDecodingContainer<Key> {
    let known = Key.allCases.map(\.stringValue)
    let former = Key.allCases.map(\.formerName)
    for key in try container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
    where !known.contains(key) && !former.contains(key) {
      throw UnknownName(
        kind: "key of \(what)", name: key, known: known)
    }
    return try container(keyedBy: type)
  }
}

extension CodingKey {
  /// The key as version 0.1 wrote it: `decisionDraws` for `decision_draws`.
  fileprivate var formerName: String {
    let words = stringValue.split(separator: "_")
    return words.prefix(1).joined() + words.dropFirst().map(\.capitalized).joined()
  }
}

private struct AnyKey: CodingKey {
  var stringValue: String
  var intValue: Int? { nil }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
