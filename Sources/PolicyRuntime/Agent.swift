public import EnvironmentInterface

/// What an agent may look at when it decides: the latest observations, oldest first.
///
/// At an episode's start there are fewer than the observation horizon; the agent repeats the first.
public struct ObservationWindow: Sendable {
  /// The observations, oldest first; at least one.
  public var observations: [ObservationFrame]

  /// Creates a window.
  public init(_ observations: [ObservationFrame]) {
    self.observations = observations
  }
}

/// Which decision this is, so that its random numbers are its own: never a matter of batch or
/// thread.
public struct DecisionKey: Sendable, Hashable {
  /// The seed of the episode.
  public var seed: UInt64
  /// The step of the episode at which it decides.
  public var step: Int

  /// Creates a key.
  public init(seed: UInt64, step: Int) {
    self.seed = seed
    self.step = step
  }
}

/// Something that decides: a trained policy, a replay, a random baseline.
public protocol Agent: AnyObject {
  /// The observation spaces that it looks at.
  var observationNames: [String] { get }

  /// How many of the latest observations it looks at.
  var observationHorizon: Int { get }

  /// Decides for several windows at once; the answers do not depend on who shares the call.
  ///
  /// - Parameters:
  ///   - windows: What each decider sees.
  ///   - keys: The randomness of each decision; as many as windows.
  /// - Returns: For each window the actions to execute (action horizon × A), in the environment's
  ///   units.
  /// - Throws: An error that names the observation that is missing or malformed.
  func act(_ windows: [ObservationWindow], keys: [DecisionKey]) throws -> [[[Float]]]
}
