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
