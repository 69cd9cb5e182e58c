internal import Demonstrations
internal import Foundation
internal import Neural
import PolicyRuntime

/// The least memory that a training takes, estimated before any of it is allocated: a system that
/// promises more than it has ends the process without a word when it is used.
struct TrainingMemory {
  /// Weights, gradients, two moments and the moving average.
  let parameters: ByteCount
  /// Inputs, and for each layer its output, the slope of its activation and its gradient.
  let batch: ByteCount

  /// Estimates a training.
  ///
  /// - Parameters:
  ///   - configuration: A valid configuration.
  ///   - shape: The sizes of windows and chunks.
  ///   - table: The network's parameters.
  init(_ configuration: TrainingConfiguration, shape: PolicyShape, table: ParameterTable) {
    let policy = configuration.policy
    let bytes = MemoryLayout<Float>.stride
    parameters = ByteCount(5 * bytes * table.count)
    let outputs = table.parameters.reduce(0) { sum, parameter in
      let isMatrix = parameter.shape.count == 2 && !parameter.isConstant
      return sum + (isMatrix ? parameter.shape[1] : 0)
    }
    // Each stage of the image encoder halves height and width.
    let pixels = shape.images.reduce(0) { sum, image in
      sum + image.count
        + policy.image.channels.enumerated().reduce(0) { sum, stage in
          let side = 1 << (stage.offset + 1)
          return sum + 3 * stage.element * (image.height / side) * (image.width / side)
        }
    }
    let row =
      shape.observationWidth + 2 * shape.chunkWidth + shape.horizons.observation * pixels
      + 3 * outputs
    let rows =
      policy.method == .ebm
      ? configuration.batch * (policy.energy.counterExamples + 1) : configuration.batch
    batch = ByteCount(bytes * row * rows)
  }

  /// Checks that the machine has as much.
  ///
  /// - Throws: ``ImitationError/tooLarge(parameters:batch:available:)``.
  func check() throws(ImitationError) {
    let available = Self.available
    guard parameters.bytes + batch.bytes <= available.bytes else {
      throw .tooLarge(parameters: parameters, batch: batch, available: available)
    }
  }

  /// The machine's memory, or what the control group that the process runs in may take of it.
  private static var available: ByteCount {
    let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
      .compactMap { try? String(contentsOfFile: $0, encoding: .utf8) }
      .compactMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    let physical = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    return ByteCount(limits.reduce(physical, min))
  }
}
