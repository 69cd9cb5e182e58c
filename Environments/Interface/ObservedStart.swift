/// An environment that does not save its states, whose episodes are shown by playing them again,
/// each in a world of its own.
public protocol RemadeEnvironment: Environment {
  /// Makes another world of the same kind, with the same options.
  ///
  /// - Throws: ``EnvironmentError`` for a simulator that is gone.
  func another() throws -> any Environment
}

/// An environment that can be set up from what a recording shows, at rest, so that episodes that
/// were recorded elsewhere, without states of this package, can be replayed in it.
public protocol ObservedStart: Environment {
  /// The observations that tell where everything is.
  var startObservations: [String] { get }

  /// Starts an episode where an observation shows everything, with nothing moving.
  ///
  /// - Throws: ``EnvironmentError`` for a missing observation, or one of another length or with
  ///   impossible values.
  func start(from observation: ObservationFrame) throws
}
