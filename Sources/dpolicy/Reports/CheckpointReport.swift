import Demonstrations
import Diffusion
import Foundation
import Imitation
import Neural

/// What a checkpoint folder holds, for people and as JSON.
struct CheckpointReport: Encodable {
  let path: String
  let step: Int
  let loss: Double?
  let parameters: Int
  let configuration: TrainingConfiguration
  let provenance: Checkpoint.Provenance
  let shape: PolicyShape
  /// The number of values of an action, which may differ from that of its features.
  let actionWidth: Int
  /// How observations and actions are scaled.
  let normalizer: Normalizer
  /// Whether a training can be continued from it.
  let isResumable: Bool
  /// What a verification compared; nil without one.
  let verified: String?

  /// Reads a folder.
  ///
  /// - Parameters:
  ///   - path: The checkpoint folder.
  ///   - verify: Whether the tensors that continue a training are read and checked, too.
  /// - Throws: ``ImitationError`` and ``NeuralError``, which name the file.
  init(reading path: String, verify: Bool) throws {
    let checkpoint = try Checkpoint(contentsOf: path)
    self.path = path
    step = checkpoint.step
    loss = checkpoint.metrics.last?.loss
    parameters = try checkpoint.model().table.trainedCount
    configuration = checkpoint.configuration
    provenance = checkpoint.provenance
    shape = checkpoint.shape
    actionWidth = checkpoint.normalizer.actionWidth
    normalizer = checkpoint.normalizer
    let training = "\(path)/training.safetensors"
    isResumable = FileManager.default.fileExists(atPath: training)
    let folder = try CheckpointReader(path)
    verified = verify ? try folder.verify() : nil
    if verify, isResumable {
      for (name, tensor) in try folder.tensors("training.safetensors").tensors {
        guard let bad = tensor.elements.firstIndex(where: { !$0.isFinite }) else { continue }
        throw ImitationError.malformedCheckpoint(
          path: training, reason: "'\(name)' is NaN or infinite at index \(bad)")
      }
    }
  }

  /// The report for people.
  var text: String {
    let policy = configuration.policy
    let horizons = policy.horizons
    let observations = (policy.observations ?? []).joined(separator: ", ")
    let lossText = loss.map { ", loss \(shortNumber($0))" } ?? ""
    var lines = [
      "\(path): \(policy.method.name) policy, step \(step) of \(configuration.steps)\(lossText)",
      "  backbone: \(policy.backbone.name), \(parameters) parameters",
      "  looks at: \(observations) (the latest \(horizons.observation))",
      "  predicts \(counted(horizons.prediction, "action")) of \(counted(actionWidth, "value")), "
        + "executes \(horizons.action)",
    ]
    if !policy.angles.isEmpty {
      lines.append("  angles: \(policy.angles.joined(separator: ", "))")
    }
    for scale in normalizer.observations + [normalizer.action] {
      if let words = scale.words { lines.append("  \(scale.name): \(words)") }
    }
    if let words = policy.method.words {
      let sampler = policy.method.sampling.map { ", sampler \($0.kind.rawValue)" } ?? ""
      lines.append("  \(policy.method.name): \(words)\(sampler)")
    }
    lines += [
      "  trained on \(provenance.demonstrations): \(counted(provenance.episodes, "episode")), "
        + "\(counted(provenance.steps, "step")), environment \(provenance.environmentName ?? "not named")",
      "  batch \(configuration.batch), learning rate \(shortNumber(Double(configuration.learningRate.peak)))"
        + ", seed \(configuration.seed)"
        + (configuration.precision.map { ", \($0.rawValue) precision" } ?? "")
        + (provenance.processors.map { ", on \($0.joined(separator: ", then "))" } ?? ""),
    ]
    if isResumable, step < configuration.steps {
      lines.append("  can be continued: dpolicy train --resume --output \(path)")
    }
    if let verified { lines.append("  intact: \(verified)") }
    return lines.joined(separator: "\n")
  }
}
