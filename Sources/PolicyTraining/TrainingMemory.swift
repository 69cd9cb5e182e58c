internal import Demonstrations
internal import Neural
import PolicyRuntime

/// The least memory that a training takes, estimated before any of it is allocated: systems grant
/// more than they have, and end the process without a word when it is used.
struct TrainingMemory {
  /// Weights, gradients, two moments, the moving average, and the sums of shards.
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
    // As floating point: products of sizes from a file may be beyond counting.
    let bytes = Double(MemoryLayout<Float>.stride)
    let sums = configuration.shards.map { ShardedGradient.bufferCount(shards: $0) } ?? 0
    parameters = Self.count(Double(5 + sums) * bytes * Double(table.count))
    let outputs = table.parameters.reduce(0.0) { sum, parameter in
      let isMatrix = parameter.shape.count == 2 && !parameter.isConstant
      return sum + (isMatrix ? Double(parameter.shape[1]) : 0)
    }
    // Each stage of the image encoder halves height and width.
    let pixels = shape.images.reduce(0.0) { sum, image in
      sum + Double(image.count)
        + policy.image.channels.enumerated().reduce(0.0) { sum, stage in
          let side = 1 << (stage.offset + 1)
          let area = Double(image.height / side) * Double(image.width / side)
          return sum + 3 * Double(stage.element) * area
        }
    }
    let row =
      Double(shape.observationWidth) + 2 * Double(shape.chunkWidth)
      + Double(shape.horizons.observation) * pixels + 3 * outputs
    let rows = Double(configuration.batch) * Double(policy.method.rowsPerWindow)
    batch = Self.count(bytes * row * rows)
  }

  private static func count(_ bytes: Double) -> ByteCount {
    ByteCount(bytes < 0x1p62 ? Int(bytes) : 1 << 62)
  }

  /// Checks that the machine has as much.
  ///
  /// - Throws: ``ImitationError/tooLarge(parameters:batch:available:)``.
  func check() throws(ImitationError) {
    let available = MachineMemory.all
    let (needed, overflows) = parameters.bytes.addingReportingOverflow(batch.bytes)
    guard !overflows, needed <= available.bytes else {
      throw .tooLarge(parameters: parameters, batch: batch, available: available)
    }
  }
}
