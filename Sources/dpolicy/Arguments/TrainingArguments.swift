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

  @Option(help: "Windows a step.")
  var batch: Int?

  @Option(help: "The key of all randomness.")
  var seed: UInt64?

  @Option(help: "The learning rate after warm-up.")
  var learningRate: Float?

  @Option(
    help: ArgumentHelp("Observations to look at; all but images if not given.", valueName: "a,b"))
  var observations: NameList?

  @Option(
    name: .customLong("angle"),
    help: ArgumentHelp(
      "A value that is an angle in radians; may be repeated.", valueName: "name.index"))
  var angles: [String] = []

  @Option(help: "How many of the latest observations are seen.")
  var observationHorizon: Int?

  @Option(help: "How many actions are predicted.")
  var predictionHorizon: Int?

  @Option(help: "How many actions are executed before the next decision.")
  var actionHorizon: Int?

  @Option(help: "Noise steps of a diffusion policy.")
  var noiseSteps: Int?

  @Option(
    help: "The noise schedule: \(NoiseSchedule.Kind.names.joined(separator: ", ")).")
  var schedule: String?

  @Option(help: "What the network predicts: \(PredictionType.names.joined(separator: ", ")).")
  var prediction: String?

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
    help: "Use the episodes of this mask of the demonstrations alone, such as 'good'.")
  var mask: String?

  @Option(
    help: ArgumentHelp(
      "Keep a share of the episodes, or those of a mask, to judge the training by.",
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
    let horizons = configuration.policy.horizons
    if observationHorizon ?? predictionHorizon ?? actionHorizon != nil {
      let prediction = predictionHorizon ?? horizons.prediction
      result.policy.horizons = try Horizons(
        observation: observationHorizon ?? horizons.observation, prediction: prediction,
        action: actionHorizon ?? (predictionHorizon == nil ? horizons.action : prediction))
    }
    return result
  }

  /// The flags of methods and networks: what they set, and to what.
  private var chosen: [(flag: String, path: String, value: Settings.Value?)] {
    [
      ("method", "policy.method", method.map { .text($0) }),
      ("backbone", "policy.backbone", backbone.map { .text($0) }),
      ("hidden-width", "policy.backbone.hidden_width", hiddenWidth.map { .integer($0) }),
      ("depth", "policy.backbone.depth", depth.map { .integer($0) }),
      ("noise-steps", "policy.method.schedule.steps", noiseSteps.map { .integer($0) }),
      ("schedule", "policy.method.schedule.kind", schedule.map { .text($0) }),
      ("prediction", "policy.method.prediction", prediction.map { .text($0) }),
      (
        "observation-dropout", "policy.method.observation_dropout",
        observationDropout.map { .number($0) }
      ),
      ("clusters", "policy.method.clusters", clusters.map { .integer($0) }),
      ("bins", "policy.method.bins", bins.map { .integer($0) }),
    ]
  }
}
