import Demonstrations
import Foundation
import Neural
import PolicyRuntime

/// Sums of metrics since the last line, which a training that stops in between takes along.
struct PendingMetrics: Codable, Sendable, Hashable {
  var loss = 0.0
  var gradientNorm = 0.0
  var count = 0
}

extension Checkpoint {
  /// The flat buffers of a training's state by the prefix of their tensors' names.
  private static func buffers(_ state: OptimiserState) -> [(prefix: String, buffer: FloatBuffer)] {
    [
      ("weights.", state.weights), ("moment1.", state.moment1), ("moment2.", state.moment2),
      ("average.", state.average),
    ]
  }

  /// What `training.safetensors` holds: the tensors that continue a training.
  static func trainingTensors(_ training: Training, pending: PendingMetrics) throws -> Safetensors {
    var tensors: [String: Tensor] = [:]
    for (prefix, buffer) in buffers(training.state) {
      tensors.merge(training.table.tensors(buffer, prefix: prefix)) { $1 }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let pending = String(decoding: try encoder.encode(pending), as: UTF8.self)
    return Safetensors(
      tensors: tensors, metadata: ["step": "\(training.state.step)", "pending_metrics": pending])
  }

  /// Puts a training where a checkpoint left off.
  ///
  /// - Parameters:
  ///   - training: A training of the same configuration (the number of steps may differ) and data.
  ///   - checkpoint: What the folder holds.
  ///   - path: The checkpoint folder.
  ///   - allowsChangedData: Whether the data may be others.
  /// - Returns: The lines of metrics so far, the sums since, and the best weights so far.
  /// - Throws: ``ImitationError`` naming what differs, `NeuralError` for a tensor that is missing
  ///   or of another shape; the training may then be half restored and is not to be used.
  static func resume(
    _ training: Training, _ checkpoint: Checkpoint, from path: String,
    allowsChangedData: Bool = false
  ) throws -> (metrics: [TrainingMetrics], pending: PendingMetrics, best: BestWeights?) {
    var configuration = checkpoint.configuration
    configuration.steps = training.configuration.steps
    let memory = configuration.memory ?? WindowDataset.defaultMemory
    if training.data.isInMemory, training.data.fits(in: memory) {
      // Another allowance that is large enough as well changes nothing.
      configuration.memory = training.configuration.memory
    }
    guard configuration == training.configuration else {
      throw ImitationError.cannotResume(
        path: path,
        reason: "it was trained with a different configuration ("
          + differences(configuration, training.configuration).joined(separator: ", ") + ")")
    }
    guard checkpoint.normalizer == training.data.normalizer,
      allowsChangedData || checkpoint.provenance.steps == training.data.count
    else {
      throw ImitationError.cannotResume(
        path: path, reason: "it was trained on other demonstrations")
    }
    let folder = try CheckpointReader(path)
    let name = "training.safetensors"
    let prefixes = buffers(training.state).map(\.prefix)
    let file = try folder.tensors(
      name, largestHeader: training.table.largestHeader(times: prefixes.count))
    try training.table.checkNothingElse(in: file, path: folder.file(name), prefixes: prefixes)
    guard let step = file.metadata["step"].flatMap({ Int($0) }), step == checkpoint.step,
      let text = file.metadata["pending_metrics"],
      let pending = try? JSONDecoder().decode(PendingMetrics.self, from: Data(text.utf8))
    else {
      throw ImitationError.malformedCheckpoint(
        path: folder.file(name), reason: "its step is not the checkpoint's")
    }
    for (prefix, buffer) in buffers(training.state) {
      try training.table.load(buffer, from: file, path: folder.file(name), prefix: prefix)
    }
    training.state.step = step
    let best = try configuration.validation.map { _ in try bestWeights(in: folder, training.table) }
    return (checkpoint.metrics, pending, best ?? nil)
  }

  /// What `best.safetensors` holds: the weights of the least validation loss.
  static func bestTensors(_ best: BestWeights, _ table: ParameterTable) -> Safetensors {
    Safetensors(
      tensors: table.tensors(best.weights),
      metadata: ["format": "pt", "step": "\(best.step)", "validation_loss": "\(best.loss)"])
  }

  /// Reads `best.safetensors`; nil where validation has not been reached.
  private static func bestWeights(
    in folder: CheckpointReader, _ table: ParameterTable
  ) throws -> BestWeights? {
    let name = CheckpointChoice.best.file
    guard FileManager.default.fileExists(atPath: folder.file(name)) else { return nil }
    let file = try folder.tensors(name, largestHeader: table.largestHeader())
    try table.check(file, path: folder.file(name))
    guard let step = file.metadata["step"].flatMap({ Int($0) }),
      let loss = file.metadata["validation_loss"].flatMap({ Double($0) })
    else {
      throw ImitationError.malformedCheckpoint(
        path: folder.file(name), reason: "it does not say its step and its validation loss")
    }
    let weights = try table.weights(from: file, path: folder.file(name))
    return BestWeights(loss: loss, step: step, weights: weights)
  }

  /// The keys of the configurations' JSON that differ, with both values.
  private static func differences(
    _ a: TrainingConfiguration, _ b: TrainingConfiguration
  ) -> [String] {
    func flat(_ configuration: TrainingConfiguration) -> [String: String] {
      guard let data = try? JSONEncoder().encode(configuration),
        let json = try? JSONSerialization.jsonObject(with: data)
      else { return [:] }
      var result: [String: String] = [:]
      func visit(_ value: Any, _ path: String) {
        if let object = value as? [String: Any] {
          for (key, value) in object {
            visit(value, path.isEmpty ? key.asSetting : "\(path).\(key.asSetting)")
          }
        } else if let list = value as? [[String: Any]], !list.isEmpty {
          // One by one: the words for a dictionary are in no order that two of them share.
          for (index, object) in list.enumerated() { visit(object, "\(path)[\(index)]") }
        } else {
          result[path] = "\(value)"
        }
      }
      visit(json, "")
      return result
    }
    let (left, right) = (flat(a), flat(b))
    return Set(left.keys).union(right.keys).sorted().filter { left[$0] != right[$0] }
      .map { "\($0): \(left[$0] ?? "none") there, \(right[$0] ?? "none") here" }
  }
}
