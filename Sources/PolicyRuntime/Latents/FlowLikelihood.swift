internal import Foundation
internal import Neural

extension CouplingFlow {
  /// For each of the chunk's values the only one that it has in the windows, or had in those whose
  /// constants hold; nil where it changes.
  ///
  /// - Throws: ``ImitationError`` where fewer than two do: there is nothing to couple.
  func still(_ task: TrainingTask) throws -> [Float?] {
    let chunks = try task.data.chunks()
    let still =
      task.constants.map { stillValues($0) }
      ?? (0..<width).map { column in
        let changes = stride(from: column, to: chunks.count, by: width).contains {
          chunks[$0] != chunks[column]
        }
        return changes ? nil : chunks[column]
      }
    let count = still.count { $0 == nil }
    guard count >= 2 else {
      throw ImitationError.optionOutOfRange(
        name: "the number of a chunk's values that change", value: "\(count)",
        range: "at least 2 for a flow, which maps one half given the other; plan more actions "
          + "ahead or take another method")
    }
    return still
  }

  /// Watches `inverse_error`: the largest error of a chunk that is mapped there and back.
  static func watch(
    _ windows: any TrainingWindows, _ codec: @escaping (Weights, Int) -> any ChunkCodec
  ) throws -> TrainingWatch {
    let sample = try WindowSample(windows)
    return TrainingWatch { weights in
      let codec = codec(weights, sample.count)
      sample.show(codec.observations, codec.images)
      let back = codec.chunks(of: codec.latents(of: sample.chunks), noise: nil)
      let error = zip(back, sample.chunks).reduce(0) { max($0, abs($1.0 - $1.1)) }
      return [
        TrainingFigure(
          "inverse_error", Double(error),
          warning: error < 1e-3
            ? nil
            : "the flow's inverse is off by up to \(error) on demonstrated chunks: what it acts is "
              + "not what it was trained for; fewer couplings or a smaller learning rate help")
      ]
    }
  }
}

/// The density of a flow: one pass from chunks to latents.
final class FlowLikelihood: ChunkLikelihood {
  let capacity: Int
  var observations: UnsafeMutableBufferPointer<Float> { pass.observations }
  var images: [UnsafeMutableBufferPointer<Float>] { pass.images }
  private let pass: CodecPass
  private let width: Int
  /// Which of a latent's numbers change.
  private let changes: [Bool]

  init(_ network: FlowPolicyNetwork, weights: Weights, capacity: Int) {
    let use = network.record(Graph())
    pass = CodecPass(
      Node.concatenation([use.latent, use.logDeterminant]), from: use.chunk, use.inputs,
      weights: weights, capacity: capacity)
    width = network.flow.width
    changes = network.flow.stillLatents(weights).map { $0 == nil }
    self.capacity = capacity
  }

  func logDensities(of chunks: [Float], counting counted: [Bool]) -> [Double] {
    let rows = pass(chunks)
    return stride(from: 0, to: rows.count, by: width + 1).map { start in
      (0..<width).reduce(Double(rows[start + width])) { sum, j in
        let z = Double(rows[start + j])
        return changes[j] ? sum - (z * z + log(2 * .pi)) / 2 : sum
      }
    }
  }
}
