public import Demonstrations
public import EnvironmentInterface
public import Foundation

/// A person's recording: episode after episode in one environment, into one file.
///
/// Time is told from outside: ``tick()`` is one control period, whatever clock calls it. An episode
/// that was started waits for the first command; from then on each tick executes the latest one, so
/// that late or missing input repeats the last, and the recording holds what was executed. One
/// thread at a time.
public final class RecordingSession {
  /// What happens now.
  public enum Phase: String, Codable, Sendable {
    /// The start of the next episode is shown.
    case idle
    /// An episode is under way, or waits for its first command.
    case running
    /// The environment has ended the episode: it is to be saved or discarded.
    case ended
  }

  /// What happens now.
  public private(set) var phase = Phase.idle
  /// The seed of the episode that is shown.
  public private(set) var seed: UInt64
  /// The action of the last step; nil before the first.
  public private(set) var executed: [Float]?
  /// What the pointer means here.
  public let steering: Steering
  /// The world.
  public let environment: any Environment

  private var file: RecordingFile
  private let observations: [String]
  private let author: String
  private let now: () -> Date
  private var recording: EpisodeRecording
  /// The latest command; nil where the first is waited for.
  private var command: [Float]?

  /// Begins with the start of the first episode.
  ///
  /// - Parameters:
  ///   - environment: The world; nobody else may use it.
  ///   - recorder: Where episodes go.
  ///   - observations: What is recorded; nil for all but images.
  ///   - seed: The seed of the first episode; the next ones count up from it.
  ///   - author: Who records.
  ///   - now: Tells the time that is noted beside an episode.
  /// - Throws: ``StudioFailure/notSteerable(environment:action:)``, or
  ///   `UnknownName` for an observation that the environment has not.
  public convenience init(
    in environment: any Environment, into recorder: DemonstrationRecorder,
    observations: [String]? = nil, seed: UInt64, author: String,
    now: @escaping () -> Date = { Date() }
  ) throws {
    try self.init(
      in: environment, into: .open(recorder), observations: observations, seed: seed,
      author: author, now: now)
  }

  init(
    in environment: any Environment, into file: RecordingFile, observations: [String]? = nil,
    seed: UInt64, author: String, now: @escaping () -> Date = { Date() }
  ) throws {
    let description = environment.description
    steering = try Steering(description)
    self.environment = environment
    self.file = file
    self.observations =
      observations
      ?? description.observations.filter { $0.elementType == .float32 }.map(\.name)
    self.seed = seed
    self.author = author
    self.now = now
    recording = try EpisodeRecording(
      of: description, observations: self.observations, keepsStates: true, seed: seed)
    environment.reset(seed: seed)
  }

  // MARK: What there is

  /// The number of episodes in the file.
  public var episodes: Int { file.recorder?.count ?? 0 }
  /// The number of episodes that ``undo()`` can take back.
  public var undoableCount: Int { file.recorder?.removableCount ?? 0 }
  /// The number of steps of the episode so far.
  public var step: Int { recording.count }
  /// Whether the episode under way has done its task.
  public var isSuccess: Bool { recording.isSuccess }
  /// For each sub-task the number of steps after which it was complete; −1 for not yet.
  public var completionSteps: [Int] { recording.completionSteps }
  /// The rewards of the episode so far.
  public var rewards: [Float] { recording.rewards }
  /// Whether an episode is under way that waits for a command.
  public var isWaiting: Bool { phase == .running && command == nil }
  /// Whether there is an episode under way that has steps.
  public var hasSteps: Bool { phase != .idle && recording.count > 0 }

  // MARK: What is done

  /// Starts an episode; it waits for the first command.
  ///
  /// - Throws: ``StudioFailure/notNow(command:reason:)`` where one is under way.
  public func start() throws {
    guard phase == .idle else {
      throw StudioFailure.notNow(
        command: "start", reason: "an episode is under way; save or discard it first")
    }
    phase = .running
  }

  /// Takes a command: the action that is executed from the next tick on.
  ///
  /// - Parameter action: In the environment's units; values outside its range are clamped.
  /// - Throws: `EnvironmentError` for another length or a value that is not finite; the last
  ///   command then stays.
  public func steer(_ action: [Float]) throws {
    let action = try environment.description.action.clamped(action)
    if phase == .running { command = action }
  }

  /// Forgets the latest command: the episode waits for the next, as after a lost connection.
  public func letGo() {
    command = nil
  }

  /// One control period: executes the latest command.
  ///
  /// - Throws: What the environment throws; the episode is then discarded.
  public func tick() throws {
    guard phase == .running, let action = command else { return }
    if steering.kind == .click { command = nil }
    do {
      let observation = try environment.observations(observations)
      let state = environment.state
      let result = try environment.step(action)
      recording.append(observation: observation, state: state, action: action, result: result)
      executed = action
      if result.isFinished { phase = .ended }
    } catch {
      try begin(seed: seed)
      throw error
    }
  }

  /// Saves the episode, also one that the environment has not ended; it is durable when this
  /// returns, and the next episode's start is shown.
  ///
  /// - Returns: The number of steps that were saved.
  /// - Throws: ``StudioFailure/notNow(command:reason:)`` where there is nothing to save, and
  ///   `DemonstrationError` where the disk refuses; the episode is then still there.
  @discardableResult
  public func save() throws -> Int {
    guard hasSteps else {
      throw StudioFailure.notNow(command: "save", reason: "the episode has no steps yet")
    }
    phase = .ended
    var episode = recording.episode(behaviour: environment.behaviour)
    episode.dones[episode.dones.count - 1] = true
    episode.attributes.recordedBy = author
    episode.attributes.recordedAt = ISO8601DateFormatter().string(from: now())
    try file.opened(for: environment.description).append(episode)
    try begin(seed: seed &+ 1)
    return episode.count
  }

  /// Discards the episode under way and shows the next one's start.
  ///
  /// - Throws: ``StudioFailure/notNow(command:reason:)`` where none is under way.
  public func discard() throws {
    guard phase != .idle else {
      throw StudioFailure.notNow(command: "discard", reason: "no episode is under way")
    }
    try begin(seed: seed &+ 1)
  }

  /// Takes back the episode that was saved last; it is gone for good when this returns.
  ///
  /// - Returns: The name that it had.
  /// - Throws: `DemonstrationError` where this session has saved none, or the disk refuses.
  public func undo() throws -> String {
    guard let recorder = file.recorder else {
      throw StudioFailure.notNow(command: "undo", reason: "there is nothing to take back")
    }
    return try recorder.removeLast()
  }

  /// Ends the recording: the file gets its last form; an episode under way is lost.
  ///
  /// - Throws: `DemonstrationError`.
  public func close() throws {
    try file.recorder?.close()
  }

  private func begin(seed: UInt64) throws {
    self.seed = seed
    phase = .idle
    command = nil
    executed = nil
    recording = try EpisodeRecording(
      of: environment.description, observations: observations, keepsStates: true, seed: seed)
    environment.reset(seed: seed)
  }
}
