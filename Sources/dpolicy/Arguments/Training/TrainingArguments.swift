import ArgumentParser
import Demonstrations
import Diffusion
import Imitation
import Naming
import Neural

/// Flags that change a training's configuration; what is not given stays as it is.
struct TrainingArguments: ParsableArguments {
  @OptionGroup(title: "Data") var data: DataArguments

  @OptionGroup(title: "Method") var learning: MethodArguments

  @OptionGroup(title: "Network") var network: NetworkArguments

  @OptionGroup(title: "Training") var optimisation: OptimisationArguments

  /// The configuration with what was given.
  ///
  /// - Throws: `UnknownName` for a method or network that there is not, `ImitationError` for a flag
  ///   that the chosen one does not have, `WindowError` for horizons that do not fit.
  func applied(to configuration: TrainingConfiguration) throws -> TrainingConfiguration {
    var result = configuration
    for (flag, path, value) in chosen {
      guard let value else { continue }
      do {
        result = try ConfigurationFile.apply(
          Settings(path: path, value), to: result, source: "--\(flag)")
      } catch ImitationError.noSetting(_, let part, let owners) {
        // Said of what was typed, and not of the setting behind it.
        throw ImitationError.noSetting(name: "--\(flag)", part: part, owners: owners)
      }
    }
    func set<Value>(_ path: WritableKeyPath<TrainingConfiguration, Value>, _ value: Value?) {
      if let value { result[keyPath: path] = value }
    }
    set(\.steps, optimisation.steps)
    set(\.batch, optimisation.batch)
    set(\.seed, optimisation.seed)
    if let shards = optimisation.shards { result.shards = shards == 1 ? nil : shards }
    if let precision = optimisation.precision {
      result.precision = precision == .single ? nil : precision
    }
    if let memory = data.memory { result.memory = memory }
    if let actions = data.actions {
      result.actions = actions == ValueMarks.actions ? nil : actions
    }
    if let mask = data.mask { result.mask = mask }
    if let episodes = data.episodes { result.episodes = episodes }
    if let validation = data.validation { result.validation = try HeldOut(parsing: validation) }
    set(\.learningRate.peak, optimisation.learningRate)
    if let observations = data.observations { result.policy.observations = observations.names }
    if !data.angles.isEmpty { result.policy.angles = data.angles }
    if !data.quaternions.isEmpty { result.policy.quaternions = data.quaternions }
    if !data.discrete.isEmpty { result.policy.discrete = data.discrete }
    if !data.relative.isEmpty { result.policy.relative = data.relative }
    if let padding = data.padding { result.policy.padding = try Padding(named: padding) }
    if !data.normalisation.isEmpty { result.policy.normalisation = data.normalisation }
    let horizons = configuration.policy.horizons
    let given = (
      observation: learning.observationHorizon, prediction: learning.predictionHorizon,
      action: learning.actionHorizon
    )
    if given.observation ?? given.prediction ?? given.action != nil {
      let prediction = given.prediction ?? horizons.prediction
      result.policy.horizons = try Horizons(
        observation: given.observation ?? horizons.observation, prediction: prediction,
        action: given.action ?? (given.prediction == nil ? horizons.action : prediction))
    }
    return result
  }

  /// Whether it says what is learnt from what, so that no recipe is to say it.
  var choosesParts: Bool {
    learning.method != nil || network.backbone != nil || data.observations != nil
  }

  /// What the chosen process usually predicts.
  private var usual: String? {
    learning.process.flatMap { NoiseProcess.Kind(rawValue: $0)?.defaultPrediction.rawValue }
  }

  /// The flags of methods and networks: what they set, and to what.
  private var chosen: [(flag: String, path: String, value: Settings.Value?)] {
    [
      ("method", "policy.method", learning.method.map { .text($0) }),
      ("backbone", "policy.backbone", network.backbone.map { .text($0) }),
      ("hidden-width", "policy.backbone.hidden_width", network.hiddenWidth.map { .integer($0) }),
      ("depth", "policy.backbone.depth", network.depth.map { .integer($0) }),
      (
        "entity", "policy.backbone.entities",
        network.entities.isEmpty ? nil : .list(network.entities.map { .text($0) })
      ),
      (
        "view", "policy.backbone.views",
        network.views.isEmpty ? nil : .list(network.views.map { .text($0) })
      ),
      ("noise-steps", "policy.method.schedule.steps", learning.noiseSteps.map { .integer($0) }),
      ("schedule", "policy.method.schedule.kind", learning.schedule.map { .text($0) }),
      ("process", "policy.method.process.kind", learning.process.map { .text($0) }),
      ("prediction", "policy.method.prediction", (learning.prediction ?? usual).map { .text($0) }),
      ("drawing", "policy.method.drawing.kind", learning.drawing.map { .text($0) }),
      (
        "observation-dropout", "policy.method.observation_dropout",
        learning.observationDropout.map { .number($0) }
      ),
      (
        "learn-variance", "policy.method.learns_variance",
        learning.learnVariance ? .flag(true) : nil
      ),
      (
        "learn-variance", "policy.method.sampler.ddpm_variance",
        learning.learnVariance ? .text("learned") : nil
      ),
      ("clusters", "policy.method.clusters", learning.clusters.map { .integer($0) }),
      ("bins", "policy.method.bins", learning.bins.map { .integer($0) }),
    ]
  }
}
