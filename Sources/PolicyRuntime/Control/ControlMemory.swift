public import EnvironmentInterface

/// What one control loop remembers: the latest observations, and the actions that are still to be
/// executed.
///
/// A value that asks nobody: ``RecedingHorizon`` and ``RecedingHorizons`` join it with an agent.
public struct ControlMemory: Sendable {
  /// The key of the episode's random numbers.
  public private(set) var seed: UInt64
  /// How many of the latest observations are kept.
  public let observationHorizon: Int
  /// The latest observations, oldest first.
  public private(set) var window: [ObservationFrame] = []
  /// The actions that are still to be executed.
  public private(set) var plan: ArraySlice<[Float]> = []

  /// Begins an episode.
  ///
  /// - Parameters:
  ///   - seed: The key of its random numbers.
  ///   - observationHorizon: How many of the latest observations are kept; at least 1.
  public init(seed: UInt64, observationHorizon: Int) {
    self.seed = seed
    self.observationHorizon = max(1, observationHorizon)
  }

  /// Forgets everything and begins another episode.
  public mutating func reset(seed: UInt64) {
    self = ControlMemory(seed: seed, observationHorizon: observationHorizon)
  }

  /// Takes in what is seen now.
  public mutating func observe(_ frame: ObservationFrame) {
    if window.count >= observationHorizon { window.removeFirst() }
    window.append(frame)
  }

  /// Whether nothing is left to be executed.
  public var needsDecision: Bool { plan.isEmpty }

  /// What a decision sees, and the key of its randomness.
  ///
  /// - Parameter step: The step of the episode.
  /// - Returns: The latest observations, and the key.
  public func question(at step: Int) -> (window: ObservationWindow, key: DecisionKey) {
    (ObservationWindow(window), DecisionKey(seed: seed, step: step))
  }

  /// Replaces what is still to be executed.
  public mutating func take(_ actions: some Sequence<[Float]>) { plan = Array(actions)[...] }

  /// The next action; nil where a decision is needed first.
  public mutating func next() -> [Float]? { plan.popFirst() }
}
