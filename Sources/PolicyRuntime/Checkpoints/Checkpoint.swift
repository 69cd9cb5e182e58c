public import EnvironmentInterface
import Foundation
public import Neural

/// A trained policy at one moment and, where it was saved by a training, all that continues it.
///
/// It is a snapshot: nothing changes in it while a training continues, and any number of threads
/// may read it and make policies from it.
///
/// As a folder: `config.json`, `normalizer.json`, `model.safetensors` (the averaged weights, in
/// PyTorch's layout), `training.safetensors` (weights and moments), `metrics.jsonl`, and
/// `checksums.json` with the SHA-256 of each.
public struct Checkpoint: Sendable {
  /// Where a policy comes from.
  public struct Provenance: Codable, Sendable, Hashable {
    /// The environment that was recorded; nil for a foreign file.
    public var environment: EnvironmentDescription?
    /// The name of the environment, where the file has one.
    public var environmentName: String?
    /// The path of the demonstrations.
    public var demonstrations: String
    /// The SHA-256 of the demonstrations' contents, or of the part that ``digestCovers`` names.
    public var digest: String
    /// What the digest is of: the observations that are looked at and `actions`, of the episodes
    /// that were used; nil for all that the file holds.
    public var digestCovers: [String]?
    /// The digests of demonstrations that were trained on before they changed, oldest first.
    public var formerDigests: [String]?
    /// The number of episodes that were used.
    public var episodes: Int
    /// The number of recorded steps in them.
    public var steps: Int
    /// The kinds of processor that trained, as ``/Neural/Processor/kind``; nil in files of earlier
    /// versions.
    public var processors: [String]?

    /// Creates a note.
    public init(
      environment: EnvironmentDescription?, environmentName: String?, demonstrations: String,
      digest: String, digestCovers: [String]? = nil, episodes: Int, steps: Int,
      processors: [String]? = nil
    ) {
      self.digestCovers = digestCovers
      self.environment = environment
      self.environmentName = environmentName
      self.demonstrations = demonstrations
      self.digest = digest
      self.episodes = episodes
      self.steps = steps
      self.processors = processors
    }
  }

  /// The number of the folder's format.
  public static let format = 3

  /// What was trained and how.
  public var configuration: TrainingConfiguration
  /// Where it comes from.
  public var provenance: Provenance
  /// The sizes of windows and chunks.
  public var shape: PolicyShape
  /// How observations and actions are scaled.
  public var normalizer: Normalizer
  /// The averaged weights, in the layout of ``model()``'s table.
  public let weights: Weights
  /// The number of steps taken.
  public var step: Int
  /// The lines of metrics so far.
  public var metrics: [TrainingMetrics]

  /// Creates a checkpoint.
  public init(
    configuration: TrainingConfiguration, provenance: Provenance, shape: PolicyShape,
    normalizer: Normalizer, weights: Weights, step: Int,
    metrics: [TrainingMetrics] = []
  ) {
    self.configuration = configuration
    self.provenance = provenance
    self.shape = shape
    self.normalizer = normalizer

    self.weights = weights
    self.step = step
    self.metrics = metrics
  }

  /// The method with its network, and the table of the weights.
  ///
  /// - Throws: An error for an option outside its range.
  public func model() throws -> PolicyModel {
    try PolicyModel(configuration.policy, shape: shape)
  }

  /// The same policy, executing another number of each chunk's actions before it decides again; no
  /// training depends on it.
  ///
  /// - Parameter actions: How many, 1 to the prediction horizon.
  /// - Returns: The changed copy.
  /// - Throws: ``WindowError/invalidHorizon(name:value:low:high:)``.
  public func executing(_ actions: Int) throws -> Checkpoint {
    let horizons = try Horizons(
      observation: shape.horizons.observation, prediction: shape.horizons.prediction,
      action: actions, past: shape.horizons.past)
    var result = self
    result.shape.horizons = horizons
    result.configuration.policy.horizons = horizons
    return result
  }

  // MARK: Writing

  /// What `config.json` holds.
  struct Header: Codable {
    var format: Int
    var version: String
    var step: Int
    var training: TrainingConfiguration
    var shape: PolicyShape
    var provenance: Provenance
  }

  /// Writes the folder, replacing one that is there in one step.
  ///
  /// - Parameters:
  ///   - path: The folder.
  ///   - training: The tensors that continue the training, or nil to write the policy alone.
  ///   - best: The weights of the least validation loss, where there is validation.
  /// - Throws: ``ImitationError/cannotWrite(path:reason:)``; the folder is then as it was.
  public func write(to path: String, training: Safetensors? = nil, best: Safetensors? = nil) throws
  {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let header = Header(
      format: Self.format, version: PackageVersion.current, step: step, training: configuration,
      shape: shape, provenance: provenance)
    var files = [
      "config.json": try encoder.encode(header), "normalizer.json": try encoder.encode(normalizer),
      "model.safetensors": try Safetensors(
        tensors: model().table.tensors(weights), metadata: ["format": "pt", "step": "\(step)"]
      ).encoded(),
    ]
    if let training { files["training.safetensors"] = try training.encoded() }
    if let best { files[CheckpointChoice.best.file] = try best.encoded() }
    encoder.outputFormatting = [.sortedKeys]
    var lines = Data()
    for line in metrics {
      lines.append(try encoder.encode(line))
      lines.append(UInt8(ascii: "\n"))
    }
    files["metrics.jsonl"] = lines
    try CheckpointFolder.replace(path, with: files)
  }
}
