import Checksums
import Diffusion
public import EnvironmentInterface
import Foundation
public import Neural

/// The published 1-D U-Net policy for numbers (`DiffusionUnetLowdimPolicy`), read from the tensors
/// of its state dict; what becomes of it is a ``Checkpoint`` like any other.
///
/// Sizes follow from the tensors' shapes: the widths of the levels, the kernel, the features of the
/// noise step, the actions' values and how many observations are seen. What a state dict does not
/// say is told, its defaults being those of the published configuration. The policy must be
/// conditioned through `obs_as_global_cond` with `cond_predict_scale`.
///
/// Source: https://github.com/real-stanford/diffusion_policy, `diffusion_unet_lowdim_policy.py`,
/// `normalizer.py` and `train_diffusion_unet_lowdim_workspace.yaml`.
public struct PublishedUNet {
  /// What a state dict does not say.
  public struct Options: Sendable, Hashable {
    /// Our names for parts of the published `obs`, in its order; empty for one observation `obs`.
    public var observations: [(name: String, width: Int)] {
      get { zip(names, widths).map { ($0, $1) } }
      set { (names, widths) = (newValue.map(\.name), newValue.map(\.width)) }
    }
    private var names: [String] = []
    private var widths: [Int] = []
    /// `horizon`: the actions of a chunk.
    public var prediction = 16
    /// `n_action_steps`: the actions that are executed.
    public var action = 8
    /// The actions of a chunk that lie before the decision; nil for all but one of the observed
    /// steps (`oa_step_convention`).
    public var past: Int?
    /// `num_train_timesteps`, of the schedule `squaredcos_cap_v2`.
    public var noiseSteps = 100
    /// `n_groups`.
    public var groups = 8

    /// The published configuration.
    public init() {}
  }

  private let file: Safetensors
  private let path: String
  private let options: Options
  /// The environment that it acts in, if it is known.
  public var environment: EnvironmentDescription?

  private static let model = "model."
  private static let normalizer = "normalizer.params_dict."

  /// Takes the tensors of a state dict.
  ///
  /// - Parameters:
  ///   - file: The tensors, under their published names.
  ///   - path: The file's path, for errors.
  ///   - options: What they do not say.
  public init(_ file: Safetensors, path: String, options: Options = Options()) {
    self.file = file
    self.path = path
    self.options = options
  }

  /// The policy.
  ///
  /// - Returns: A checkpoint that acts as the published policy does.
  /// - Throws: `NeuralError` naming a tensor that is missing, of another shape or of another
  ///   network; ``ImitationError`` and ``WindowError`` for options that do not fit it.
  public func checkpoint() throws -> Checkpoint {
    let scales = (observation: try scale("obs"), action: try scale("action"))
    let net = try network()
    let condition = try shape("down_modules.0.0.cond_encoder.1.weight", of: 2)
    let seen = condition[1] - net.stepFeatures
    let width = scales.observation.count
    guard seen > 0, seen.isMultiple(of: width) else {
      throw refusal(
        "the network is told \(seen) numbers of observations of \(width); it can be read if it is"
          + " conditioned on whole observations (obs_as_global_cond)")
    }
    let actions = try shape("final_conv.1.weight", of: 3)[0]
    guard scales.action.count == actions else {
      throw refusal(
        "'\(Self.normalizer)action.scale' has \(scales.action.count) values and the network's"
          + " actions \(actions)")
    }
    let normalizer = Normalizer(
      observations: try observations(scales.observation),
      action: try FeatureScale(scales.action[...], name: ValueMarks.actions))
    let steps = seen / width
    let policy = PolicyConfiguration(
      method: DenoisingDiffusion(
        schedule: .init(kind: .cosine, steps: options.noiseSteps),
        sampler: SamplerSpecification(clip: 1)),
      backbone: net, observations: normalizer.observationNames,
      horizons: try Horizons(
        observation: steps, prediction: options.prediction, action: options.action,
        past: options.past ?? steps - 1))
    let shape = PolicyShape(
      stepObservationWidth: width, actionWidth: actions, horizons: policy.horizons)
    _ = try net.fitted(to: normalizer, shape: shape, environment: environment)
    return Checkpoint(
      configuration: TrainingConfiguration(policy: policy, steps: 1), provenance: try provenance(),
      shape: shape, normalizer: normalizer,
      weights: try weights(PolicyModel(policy, shape: shape).table), step: 0)
  }

  // MARK: Parts

  private func network() throws -> UNet {
    for name in file.tensors.keys.sorted() where name.contains(".local_cond_encoder.") {
      throw refusal(
        "'\(name)' belongs to a policy of obs_as_local_cond; obs_as_global_cond is read")
    }
    var widths: [Int] = []
    while file.tensors[Self.model + first(widths.count)] != nil || widths.isEmpty {
      widths.append(try shape(first(widths.count), of: 3)[0])
    }
    let kernel = try shape(first(0), of: 3)[2]
    let modulation = try shape("down_modules.0.0.cond_encoder.1.weight", of: 2)[0]
    guard modulation == 2 * widths[0] else {
      throw refusal(
        "'\(Self.model)down_modules.0.0.cond_encoder.1.weight' has \(modulation) rows; with"
          + " cond_predict_scale, which is read, it has \(2 * widths[0])")
    }
    let features = try shape("diffusion_step_encoder.1.weight", of: 2)[1]
    return UNet(widths: widths, kernel: kernel, groups: options.groups, stepFeatures: features)
  }

  /// The first convolution of a level.
  private func first(_ level: Int) -> String {
    "down_modules.\(level).0.blocks.0.block.0.weight"
  }

  /// All of the network's tensors, and none besides.
  private func weights(_ table: ParameterTable) throws -> Weights {
    // Empty, or statistics that nothing is computed from.
    let rest = file.tensors.filter { name, _ in
      !name.hasSuffix("_dummy_variable") && !name.hasPrefix(Self.normalizer)
    }
    let network = Safetensors(tensors: rest)
    let weights = try table.weights(from: network, path: path, prefix: Self.model)
    try table.checkNothingElse(in: network, path: path, prefixes: [Self.model])
    if let bad = weights.withUnsafeElements({ $0.firstIndex { !$0.isFinite } }) {
      throw refusal("weight \(bad) is NaN or infinite")
    }
    return weights
  }

  private func observations(_ scale: [Line]) throws -> [FeatureScale] {
    let parts =
      options.observations.isEmpty ? [(name: "obs", width: scale.count)] : options.observations
    let total = parts.reduce(0) { $0 + $1.width }
    guard total == scale.count, parts.allSatisfy({ $0.width > 0 }) else {
      throw ImitationError.optionOutOfRange(
        name: "the observations' values",
        value: parts.map { "\($0.width)" }.joined(separator: " + "),
        range: "\(scale.count) together, as '\(Self.normalizer)obs.scale' has them")
    }
    var start = 0
    return try parts.map { part in
      defer { start += part.width }
      return try FeatureScale(scale[start..<start + part.width], name: part.name)
    }
  }

  /// A value of the published normaliser: x becomes scale · x + offset.
  fileprivate struct Line {
    var scale, offset: Double
  }

  private func scale(_ key: String) throws -> [Line] {
    let lines = try ["scale", "offset"].map { part in
      let name = "\(Self.normalizer)\(key).\(part)"
      let tensor = try tensor(name)
      guard tensor.elements.allSatisfy(\.isFinite) else {
        throw refusal("'\(name)' has a value that is NaN or infinite")
      }
      return (name, tensor)
    }
    let (scale, offset) = (lines[0].1, lines[1].1)
    guard scale.shape.count == 1, scale.shape == offset.shape else {
      throw NeuralError.wrongShape(
        path: path, name: lines[1].0, expected: scale.shape, actual: offset.shape)
    }
    guard scale.elements.allSatisfy({ $0 > 0 }) else {
      throw refusal("'\(lines[0].0)' has a scale that is not above 0")
    }
    return zip(scale.elements, offset.elements).map {
      Line(scale: Double($0), offset: Double($1))
    }
  }

  private func shape(_ name: String, of rank: Int) throws -> [Int] {
    let name = Self.model + name
    let tensor = try tensor(name)
    guard tensor.shape.count == rank, !tensor.shape.contains(0) else {
      throw refusal("'\(name)' has the shape \(tensor.shape), but must have \(rank) dimensions")
    }
    return tensor.shape
  }

  private func tensor(_ name: String) throws -> Tensor {
    guard let tensor = file.tensors[name] else {
      throw NeuralError.missingTensor(path: path, name: name, found: Array(file.tensors.keys))
    }
    return tensor
  }

  private func provenance() throws -> Checkpoint.Provenance {
    var hash = SHA256()
    try file.encoded().withUnsafeBytes { hash.update($0) }
    return Checkpoint.Provenance(
      environment: environment, environmentName: environment?.name, demonstrations: path,
      digest: hash.hexadecimal, episodes: 0, steps: 0)
  }

  private func refusal(_ reason: String) -> NeuralError {
    .malformedFile(path: path, reason: reason)
  }
}

extension FeatureScale {
  /// The scale by which −1 and 1 are what a published one makes −1 and 1.
  fileprivate init(_ lines: ArraySlice<PublishedUNet.Line>, name: String) throws {
    try self.init(
      name: name, meaning: ValueMeaning(),
      ends: lines.map { [(-1 - $0.offset) / $0.scale, (1 - $0.offset) / $0.scale] },
      arithmetic: .double)
  }
}
