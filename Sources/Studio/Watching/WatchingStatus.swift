import Demonstrations
import Diffusion
import EnvironmentInterface
import Imitation

/// A session's state as a page shows it.
struct WatchingStatus: Encodable {
  private struct SamplerStatus: Encodable {
    let kind: String
    let steps: Int?
    let eta: Double
    let extraSteps: Int
    let guidance: Double
    let candidates: Int
    let bandwidth: Double
  }

  private let policy: String
  private let method: String
  private let backbone: String
  private let canBeGuided: Bool
  private let noiseSteps: Int?
  private let observationHorizon: Int
  private let predictionHorizon: Int
  private let actionHorizon: Int
  private let environment: String
  private let controlRate: Double
  private let episodeLimit: Int
  private let steering: Steering?
  /// How it samples; null for a policy that does not denoise.
  private let sampler: SamplerStatus?
  /// The names of the samplers that it can be asked for.
  private let samplers: [String]
  private let isPaused: Bool
  private let isTakenOver: Bool
  private let isFinished: Bool
  private let isSuccess: Bool
  private let seed: UInt64
  private let step: Int
  private let seconds: Double?
  private let reward: Float
  private let bestReward: Float
  private let subtasks: [SubtaskStatus]
  private let tally: WatchingSession.Tally
  private let milliseconds: Double?
  private let position: [Float]
  private let scene: SceneDocument

  init(of session: WatchingSession, policy: String, isPaused: Bool) {
    let configuration = session.configuration
    let description = session.environment.description
    self.policy = policy
    self.isPaused = isPaused
    method = configuration.method.name
    backbone = configuration.backbone.name
    canBeGuided = configuration.method.dropsObservations
    noiseSteps = configuration.method.noiseSteps
    observationHorizon = session.horizons.observation
    predictionHorizon = session.horizons.prediction
    actionHorizon = session.horizons.action
    environment = description.name
    controlRate = description.controlRate
    episodeLimit = description.episodeLimit
    steering = session.steering
    sampler = session.sampler.map { sampler in
      SamplerStatus(
        kind: sampler.kind.rawValue, steps: sampler.noiseSteps.count, eta: sampler.eta,
        extraSteps: sampler.noiseSteps.extraSteps, guidance: sampler.guidance,
        candidates: sampler.candidates, bandwidth: sampler.bandwidth)
    }
    samplers = session.samplers.map(\.rawValue)
    isTakenOver = session.isTakenOver
    isFinished = session.isFinished
    isSuccess = session.isSuccess
    seed = session.seed
    step = session.step
    seconds =
      description.controlRate > 0 ? Double(session.step) / description.controlRate : nil
    reward = session.reward
    bestReward = session.bestReward
    subtasks = SubtaskStatus.all(description.subtasks, session.completionSteps)
    tally = session.tally
    milliseconds = session.decision?.milliseconds
    position = session.steering?.position(in: session.environment) ?? []
    scene = SceneDocument(session.environment.scene)
  }
}
