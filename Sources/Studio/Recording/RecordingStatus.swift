import EnvironmentInterface

/// A session's state as a page shows it.
struct RecordingStatus: Encodable {
  private let environment: String
  private let controlRate: Double
  private let episodeLimit: Int
  private let steering: Steering
  private let file: String
  private let episodes: Int
  private let undoable: Int
  private let phase: RecordingSession.Phase
  private let isWaiting: Bool
  private let hasSteps: Bool
  private let seed: UInt64
  private let step: Int
  /// Simulated time; nil where the environment has no clock.
  private let seconds: Double?
  private let isSuccess: Bool
  private let subtasks: [SubtaskStatus]
  private let reward: Float?
  private let bestReward: Float?
  private let executed: [Float]?
  /// Where the hand is.
  private let position: [Float]
  private let scene: SceneDocument

  init(of session: RecordingSession, file: String) {
    let description = session.environment.description
    environment = description.name
    controlRate = description.controlRate
    episodeLimit = description.episodeLimit
    steering = session.steering
    self.file = file
    episodes = session.episodes
    undoable = session.undoableCount
    phase = session.phase
    isWaiting = session.isWaiting
    hasSteps = session.hasSteps
    seed = session.seed
    step = session.step
    seconds =
      description.controlRate > 0 ? Double(session.step) / description.controlRate : nil
    isSuccess = session.isSuccess
    subtasks = SubtaskStatus.all(description.subtasks, session.completionSteps)
    reward = session.rewards.last
    bestReward = session.rewards.max()
    executed = session.executed
    position = session.steering.position(in: session.environment)
    scene = SceneDocument(session.environment.scene)
  }
}
