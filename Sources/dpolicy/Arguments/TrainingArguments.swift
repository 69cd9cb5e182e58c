import ArgumentParser
import Demonstrations
import Diffusion
import Imitation
import Naming
import Neural

/// Flags that change a training's configuration; what is not given stays as it is.
struct TrainingArguments: ParsableArguments {
  @Option(help: "The method: \(MethodRegistry.standard.names.joined(separator: ", ")).")
  var method: String?

  @Option(help: "The network: \(BackboneRegistry.standard.names.joined(separator: ", ")).")
  var backbone: String?

  @Option(help: "The width of hidden layers.")
  var hiddenWidth: Int?

  @Option(help: "The number of hidden layers.")
  var depth: Int?

  @Option(help: "Optimisation steps.")
  var steps: Int?

  @Option(help: "Windows per optimisation step.")
  var batch: Int?

  @Option(help: "The seed of all random numbers.")
  var seed: UInt64?

  @Option(help: "The learning rate after warm-up.")
  var learningRate: Float?

  @Option(
    help: ArgumentHelp(
      "Observations to use; by default all numbers that every episode has.",
      valueName: "a,b"))
  var observations: NameList?

  @Option(
    name: .customLong("angle"),
    help: ArgumentHelp(
      "A value that is an angle, in radians, or in degrees with :degrees after it; may be repeated.",
      valueName: "name.index"))
  var angles: [String] = []

  @Option(
    name: .customLong("quaternion"),
    help: ArgumentHelp(
      "Four values that are a unit quaternion, such as actions.3-6; may be repeated.",
      valueName: "name.a-b"))
  var quaternions: [String] = []

  @Option(
    name: .customLong("discrete"),
    help: ArgumentHelp(
      "An action value that is one of a few, such as a gripper; may be repeated.",
      valueName: "actions.index"))
  var discrete: [String] = []

  @Option(
    help: ArgumentHelp(
      "How values are scaled, all or one by name: \(Normalisation.names.joined(separator: ", ")); may"
        + " be repeated.", valueName: "[name=]how"))
  var normalisation: [String] = []

  @Option(
    help: ArgumentHelp(
      "Actions past an episode's end: \(Padding.names.joined(separator: " or ")) them in the loss"
        + " (\(Padding.repeat.rawValue) if not given)."))
  var padding: String?

  @Option(
    name: .customLong("entity"),
    help: ArgumentHelp(
      "An object that the network 'scene' sees from: its observation, the index of its x and, if it"
        + " turns, of its angle; may be repeated. Needed for files without an environment.",
      valueName: "name=observation:x:angle"))
  var entities: [String] = []

  @Option(
    name: .customLong("view"),
    help: ArgumentHelp(
      "Entities that a scene looks from, each towards each of others, in place of every one on its"
        + " own; may be repeated.",
      valueName: "a,b>c,d"))
  var views: [String] = []

  @Option(help: "How many of the latest observations are seen.")
  var observationHorizon: Int?

  @Option(help: "How many actions are predicted.")
  var predictionHorizon: Int?

  @Option(help: "How many actions are executed before the next decision.")
  var actionHorizon: Int?

  @Option(help: "Noise steps of a diffusion policy.")
  var noiseSteps: Int?

  @Option(
    help: "The forward process: \(NoiseProcess.Kind.names.joined(separator: ", ")).")
  var process: String?

  @Option(
    help:
      "The noise schedule of the process vp: \(NoiseSchedule.Kind.names.joined(separator: ", ")).")
  var schedule: String?

  @Option(help: "What the network predicts: \(PredictionType.names.joined(separator: ", ")).")
  var prediction: String?

  @Option(
    help: "How noise steps are drawn: \(NoiseStepDrawing.Kind.names.joined(separator: ", ")).")
  var drawing: String?

  @Flag(help: "Let a diffusion policy predict the variances of its steps too (hybrid loss).")
  var learnVariance = false

  @Option(help: "The share of windows in which a diffusion policy sees nothing, for guidance.")
  var observationDropout: Double?

  @Option(help: "The number of clusters of a k-means policy.")
  var clusters: Int?

  @Option(help: "The number of bins of each action dimension of a discretised policy.")
  var bins: Int?

  @Option(
    help: ArgumentHelp(
      "Memory for demonstrations (2G if not given); what does not fit is read from disk.",
      valueName: "size"),
    transform: { text in
      guard let count = ByteCount(parsing: text) else {
        throw ValidationError("a size is written as 512M or 2G.")
      }
      return count
    })
  var memory: ByteCount?

  @Option(
    help: "Use only the episodes in this mask, such as 'good'.")
  var mask: String?

  @Option(
    help: ArgumentHelp(
      "Hold out a share of the episodes, or those of a mask, to validate on.",
      valueName: "share|mask"))
  var validation: String?

  /// The configuration with what was given.
  ///
  /// - Throws: `UnknownName` for a method or network that there is not, `ImitationError` for a flag
  ///   that the chosen one does not have, `WindowError` for horizons that do not fit.
  func applied(to configuration: TrainingConfiguration) throws -> TrainingConfiguration {
    var result = configuration
    for (flag, path, value) in chosen {
      guard let value else { continue }
      result = try ConfigurationFile.apply(
        Settings(path: path, value), to: result, source: "--\(flag)")
    }
    func set<Value>(_ path: WritableKeyPath<TrainingConfiguration, Value>, _ value: Value?) {
      if let value { result[keyPath: path] = value }
    }
    set(\.steps, steps)
    set(\.batch, batch)
    set(\.seed, seed)
    if let memory { result.memory = memory }
    if let mask { result.mask = mask }
    if let validation { result.validation = try HeldOut(parsing: validation) }
    set(\.learningRate.peak, learningRate)
    if let observations { result.policy.observations = observations.names }
    if !angles.isEmpty { result.policy.angles = angles }
    if !quaternions.isEmpty { result.policy.quaternions = quaternions }
    if !discrete.isEmpty { result.policy.discrete = discrete }
    if let padding { result.policy.padding = try Padding(named: padding) }
    if !normalisation.isEmpty { result.policy.normalisation = normalisation }
    let horizons = configuration.policy.horizons
    if observationHorizon ?? predictionHorizon ?? actionHorizon != nil {
      let prediction = predictionHorizon ?? horizons.prediction
      result.policy.horizons = try Horizons(
        observation: observationHorizon ?? horizons.observation, prediction: prediction,
        action: actionHorizon ?? (predictionHorizon == nil ? horizons.action : prediction))
    }
    return result
  }

  /// Whether it says what is learnt from what, so that no recipe is to say it.
  var choosesParts: Bool { method != nil || backbone != nil || observations != nil }

  /// What the chosen process usually predicts.
  private var usual: String? {
    process.flatMap { NoiseProcess.Kind(rawValue: $0)?.defaultPrediction.rawValue }
  }

  /// The flags of methods and networks: what they set, and to what.
  private var chosen: [(flag: String, path: String, value: Settings.Value?)] {
    [
      ("method", "policy.method", method.map { .text($0) }),
      ("backbone", "policy.backbone", backbone.map { .text($0) }),
      ("hidden-width", "policy.backbone.hidden_width", hiddenWidth.map { .integer($0) }),
      ("depth", "policy.backbone.depth", depth.map { .integer($0) }),
      (
        "entity", "policy.backbone.entities",
        entities.isEmpty ? nil : .list(entities.map { .text($0) })
      ),
      (
        "view", "policy.backbone.views", views.isEmpty ? nil : .list(views.map { .text($0) })
      ),
      ("noise-steps", "policy.method.schedule.steps", noiseSteps.map { .integer($0) }),
      ("schedule", "policy.method.schedule.kind", schedule.map { .text($0) }),
      ("process", "policy.method.process.kind", process.map { .text($0) }),
      ("prediction", "policy.method.prediction", (prediction ?? usual).map { .text($0) }),
      ("drawing", "policy.method.drawing.kind", drawing.map { .text($0) }),
      (
        "observation-dropout", "policy.method.observation_dropout",
        observationDropout.map { .number($0) }
      ),
      ("learn-variance", "policy.method.learns_variance", learnVariance ? .flag(true) : nil),
      (
        "learn-variance", "policy.method.sampler.ddpm_variance",
        learnVariance ? .text("learned") : nil
      ),
      ("clusters", "policy.method.clusters", clusters.map { .integer($0) }),
      ("bins", "policy.method.bins", bins.map { .integer($0) }),
    ]
  }
}
