import Demonstrations
import Diffusion
import EnvironmentInterface
import Evaluation
import Foundation
import Imitation
import Neural
import Randomness

/// The task of the fixed benchmark: random observations of 60 values, random actions of 9.
///
/// Sieve and MLP are 512 wide with embeddings of 128, the others have their default sizes. U-Net
/// and DiT, which are made for sequences, see two observations and plan 16 actions; the rest see
/// one and plan one. The noise schedule is linear with 50 steps, and sampling is plain DDPM.
final class SpeedTask {
  static let observationWidth = 60
  static let actionWidth = 9
  private static let episodes = 16
  private static let length = 256

  let store: DemonstrationStore
  private let folder: TemporaryFolder

  /// Writes the demonstrations to a temporary folder, which vanishes with the task.
  init() throws {
    folder = try TemporaryFolder()
    let path = folder.file("random.hdf5")
    let recorder = try DemonstrationRecorder(path: path, environment: Self.environment)
    for index in 0..<Self.episodes { try recorder.append(Self.episode(index)) }
    try recorder.close()
    store = try DemonstrationStore(reading: path)
  }

  /// A training of the fixed sizes.
  static func configuration(_ backbone: String, batch: Int) throws -> TrainingConfiguration {
    let networks = BackboneRegistry.standard.adding(MLP(hiddenWidth: 512))
      .adding(Sieve(hiddenWidth: 512, embeddingWidth: 128))
      .adding(
        SceneMixture(hiddenWidth: 128, entities: ["first=state:0", "second=state:2"]))
    let isSequential = [UNet.name, DiT.name].contains(backbone)
    return TrainingConfiguration(
      policy: PolicyConfiguration(
        method: DenoisingDiffusion(
          schedule: NoiseSchedule.Specification(kind: .linear, steps: 50),
          sampler: SamplerSpecification()),
        backbone: try networks.backbone(named: backbone),
        horizons: isSequential
          ? try Horizons(observation: 2, prediction: 16, action: 8) : .single),
      steps: 1_000_000, batch: batch)
  }

  /// The same network on a process on which ``quickEvaluations`` of a multistep sampler are as good
  /// as 50: so it stands in the tables of processes and samplers in `Demos/RESULTS.md`.
  static func quick(_ backbone: String) throws -> TrainingConfiguration {
    var configuration = try configuration(backbone, batch: 1)
    var method = DenoisingDiffusion()
    method.process.kind = .ve
    method.sampler = SamplerSpecification(
      kind: .dpmSolver, noiseSteps: NoiseStepSelection(count: quickEvaluations))
    configuration.policy.method = method
    return configuration
  }

  /// How often a quick decision asks the network.
  static let quickEvaluations = 8

  /// A training that has not begun.
  func trainer(
    _ backbone: String, batch: Int, _ precision: TrainingPrecision = .single
  ) throws -> Trainer {
    var configuration = try Self.configuration(backbone, batch: batch)
    if precision == .mixed { configuration.precision = .mixed }
    return try trainer(configuration)
  }

  /// A training that has not begun.
  func trainer(_ configuration: TrainingConfiguration) throws -> Trainer {
    try Trainer(configuration, demonstrations: store, threads: 1)
  }

  /// Windows to decide for.
  static func windows(_ count: Int) -> [ObservationWindow] {
    var random = RandomStream(seed: 1, purpose: .environment)
    return (0..<count).map { _ in
      ObservationWindow([["state": .float32(values(observationWidth, &random))]])
    }
  }

  private static let environment = EnvironmentDescription(
    name: "random", options: [:],
    observations: [Space("state", components("x", observationWidth))],
    action: Space("action", components("u", actionWidth)),
    controlRate: 10, episodeLimit: length, subtasks: [])

  private static func components(_ name: String, _ count: Int) -> [Space.Component] {
    (0..<count).map { Space.Component("\(name)\($0)", from: -1, to: 1) }
  }

  private static func episode(_ index: Int) -> Episode {
    var random = RandomStream(seed: 0, purpose: .demonstrator, index: UInt32(index))
    return Episode(
      actions: Series(
        shape: [actionWidth], elements: .float32(values(length * actionWidth, &random))),
      observations: [
        "state": Series(
          shape: [observationWidth],
          elements: .float32(values(length * observationWidth, &random)))
      ],
      rewards: Array(repeating: 0, count: length),
      dones: (0..<length).map { $0 == length - 1 })
  }

  private static func values(_ count: Int, _ random: inout RandomStream) -> [Float] {
    (0..<count).map { _ in Float(random.uniform(from: -1, to: 1)) }
  }
}

/// A folder that vanishes with its owner.
final class TemporaryFolder {
  private let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("dpolicy-speed-\(UUID().uuidString)")
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      throw EvaluationError.file(path: url.path, reason: "the folder cannot be made")
    }
  }

  deinit {
    try? FileManager.default.removeItem(at: url)
  }

  func file(_ name: String) -> String { url.appendingPathComponent(name).path }
}
