public import EnvironmentInterface

/// Pictures for recordings that have none: every recorded step is set up again and seen.
///
/// Episodes of an environment that saves its states are drawn from these; others from what they
/// show, where the environment is an ``/EnvironmentInterface/ObservedStart``.
public struct Rendering: Sendable {
  /// The pictures to draw.
  public var pictures: [String]
  /// How many episodes are drawn at once; the result does not depend on it.
  public var threads = OrderedWork.defaultThreads

  /// Draws the pictures of some observations.
  public init(_ pictures: [String]) {
    self.pictures = pictures
  }

  /// Draws episodes in their order.
  ///
  /// - Parameters:
  ///   - store: The recordings.
  ///   - first: The first episode to draw.
  ///   - environment: Makes the environment that they are drawn in; called once on each thread.
  ///   - deliver: Takes each episode with its pictures beside what it held before; false to stop.
  /// - Throws: What reading an episode throws, ``RecordingError/missing(what:)`` for one that says
  ///   nowhere where everything was, and what `deliver` throws.
  public func run(
    _ store: DemonstrationStore, from first: Int = 0,
    environment: @escaping @Sendable () throws -> any Environment,
    deliver: (Episode) throws -> Bool
  ) throws {
    let pictures = pictures
    try OrderedWork(threads: threads).run(count: store.count - first, context: environment) {
      environment, index in
      try Self.rendered(store.episode(first + index), pictures, in: environment)
    } deliver: {
      try deliver($1)
    }
  }

  private static func rendered(
    _ episode: Episode, _ pictures: [String], in environment: any Environment
  ) throws -> Episode {
    var bytes = Dictionary(uniqueKeysWithValues: pictures.map { ($0, [UInt8]()) })
    for step in 0..<episode.count {
      try environment.restore(episode, at: step)
      for name in pictures {
        guard case .uint8(let picture) = try environment.observation(name) else {
          throw RecordingError.missing(what: "picture '\(name)' of \(environment.description.name)")
        }
        bytes[name]?.append(contentsOf: picture)
      }
    }
    var episode = episode
    for space in environment.description.observations where pictures.contains(space.name) {
      episode.observations[space.name] = Series(
        shape: space.shape, elements: .uint8(bytes[space.name] ?? []))
    }
    return episode
  }
}
