public import EnvironmentInterface

/// A policy that estimators tell what it cannot observe, such as where an object in a picture is.
///
/// An estimator is a policy that learnt an observation in place of actions
/// (``TrainingConfiguration/actions``): demonstrations hold the value, and what it is estimated
/// from is there when the policy acts.
///
/// ```swift
/// let agent = try EstimatingAgent(
///   Policy(contentsOf: "runs/push-t"), told: [Policy(contentsOf: "runs/pose")])
/// var loop = RecedingHorizon(agent, seed: 7)
/// ```
///
/// Without estimators it is the policy. One thread uses it at a time.
public final class EstimatingAgent: Agent {
  /// What decides.
  public let policy: Policy
  /// How what has to be shown is scaled, the policy's scales first, and its actions.
  public let normalizer: Normalizer
  private let estimators: [(name: String, policy: Policy)]

  /// A policy that is told nothing.
  public init(_ policy: Policy) {
    self.policy = policy
    normalizer = policy.checkpoint.normalizer
    estimators = []
  }

  /// Joins a policy and its estimators.
  ///
  /// - Parameters:
  ///   - policy: What decides.
  ///   - estimators: What tells it the observations that they learnt, each another one; if an
  ///     environment has one of these too, it is not looked at.
  /// - Throws: ``ImitationError/otherSpaces(reason:)`` for an estimator of something that the
  ///   policy does not look at, that has another width, or that is estimated already, and for one
  ///   that looks at the same as another in another shape.
  public init(_ policy: Policy, told estimators: [Policy]) throws(ImitationError) {
    var named: [(name: String, policy: Policy)] = []
    for estimator in estimators {
      guard let name = estimator.estimatedObservation else {
        throw .otherSpaces(
          reason: "the estimator learnt actions; one is trained with --actions obs/NAME")
      }
      guard let scale = policy.checkpoint.normalizer.observations.first(where: { $0.name == name })
      else {
        throw .otherSpaces(
          reason: "an estimator tells '\(name)', but the policy looks at "
            + policy.observationNames.joined(separator: ", "))
      }
      let width = estimator.checkpoint.normalizer.actionWidth
      guard scale.width == width else {
        throw .otherSpaces(
          reason: "an estimator tells \(width) values of '\(name)', and the policy looks at"
            + " \(scale.width)")
      }
      if named.contains(where: { $0.name == name }) {
        throw .otherSpaces(reason: "two estimators tell '\(name)'")
      }
      named.append((name, estimator))
    }
    self.policy = policy
    self.estimators = named
    normalizer = try Self.shown(
      to: policy.checkpoint.normalizer, without: Set(named.map(\.name)),
      and: estimators.map(\.checkpoint.normalizer))
  }

  /// What is shown to a policy and to its estimators, each observation once.
  private static func shown(
    to policy: Normalizer, without told: Set<String>, and estimators: [Normalizer]
  ) throws(ImitationError) -> Normalizer {
    var observations = policy.observations.filter { !told.contains($0.name) }
    var images = policy.images.filter { !told.contains($0.name) }
    for estimator in estimators {
      for scale in estimator.observations {
        guard let other = observations.first(where: { $0.name == scale.name }) else {
          observations.append(scale)
          continue
        }
        guard other.width == scale.width else { throw .otherShapes(of: scale.name) }
      }
      for image in estimator.images {
        guard let other = images.first(where: { $0.name == image.name }) else {
          images.append(image)
          continue
        }
        guard other.recordedShape == image.recordedShape else { throw .otherShapes(of: image.name) }
      }
    }
    return Normalizer(observations: observations, images: images, action: policy.action)
  }

  /// What is estimated.
  private var told: Set<String> { Set(estimators.map(\.name)) }

  /// What policy and estimators look at, without what is estimated.
  public var observationNames: [String] { normalizer.observationNames }

  /// As many observations as the first estimate that the policy looks at needs.
  public var observationHorizon: Int {
    policy.observationHorizon + (estimators.map(\.policy.observationHorizon).max() ?? 1) - 1
  }

  /// Estimates what is missing in each observation that the policy looks at, and decides.
  ///
  /// - Throws: What ``Policy/act(_:keys:)`` throws.
  public func act(_ windows: [ObservationWindow], keys: [DecisionKey]) throws -> [[[Float]]] {
    try policy.act(estimated(windows, keys: keys), keys: keys)
  }

  /// Decides as ``act(_:keys:)`` does and returns the actions in 64 bits.
  ///
  /// - Throws: What ``Policy/act(_:keys:)`` throws.
  public func actions(_ windows: [ObservationWindow], keys: [DecisionKey]) throws -> [[[Double]]] {
    try policy.actions(estimated(windows, keys: keys), keys: keys)
  }

  /// The windows that the policy decides on.
  private func estimated(
    _ windows: [ObservationWindow], keys: [DecisionKey]
  ) throws -> [ObservationWindow] {
    guard !estimators.isEmpty, windows.count == keys.count,
      windows.allSatisfy({ !$0.observations.isEmpty })
    else { return windows }  // If they are wrong, the policy says how.
    let ends = windows.map { window in
      let frames = window.observations.indices
      return frames.suffix(policy.observationHorizon)
    }
    var result = zip(windows, ends).map { ObservationWindow(Array($0.observations[$1])) }
    for (name, estimator) in estimators {
      var seen: [ObservationWindow] = []
      var seenKeys: [DecisionKey] = []
      for (index, window) in windows.enumerated() {
        for end in ends[index] {
          seen.append(ObservationWindow(Array(window.observations[...end])))
          seenKeys.append(keys[index])
        }
      }
      var estimates = try estimator.act(seen, keys: seenKeys)[...]
      for window in result.indices {
        for frame in result[window].observations.indices {
          let values = estimates.removeFirst()[0]
          result[window].observations[frame][name] = .float32(values)
        }
      }
    }
    return result
  }

  /// Checks that it can act in an environment, which need not have what is estimated.
  ///
  /// - Throws: ``ImitationError/otherSpaces(reason:)``.
  public func checkFits(_ environment: EnvironmentDescription) throws {
    try policy.checkActs(in: environment)
    try policy.checkLooks(at: environment, without: told)
    for estimator in estimators { try estimator.policy.checkLooks(at: environment) }
  }
}

extension Policy {
  /// The observation that it learnt in place of actions; nil where it learnt anything else.
  public var estimatedObservation: String? {
    guard let actions = checkpoint.configuration.actions, actions.hasPrefix("obs/") else {
      return nil
    }
    return String(actions.dropFirst(4))
  }
}

extension ImitationError {
  fileprivate static func otherShapes(of name: String) -> ImitationError {
    .otherSpaces(reason: "policy and estimators look at '\(name)' in different shapes")
  }
}
