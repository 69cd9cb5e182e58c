/// Encodes chunks of actions as a policy's latents, for methods that have them.
///
/// One thread at a time.
public final class ChunkEncoder {
  /// The numbers of a latent.
  public var latentWidth: Int { codec.latentWidth }

  private let codec: any ChunkCodec
  private let rows: WindowRows

  /// Compiles the encoder of a policy; nil for a method without latents, and where chunks begin
  /// with actions of the past, which an answer does not tell.
  ///
  /// - Parameters:
  ///   - checkpoint: The policy.
  ///   - capacity: How many chunks are encoded at once; more are encoded one such batch after
  ///     another.
  /// - Throws: What compiling the policy throws.
  public init?(_ checkpoint: Checkpoint, capacity: Int = 128) throws {
    guard checkpoint.shape.horizons.past == nil,
      let codec = try checkpoint.model().codec(
        weights: checkpoint.weights, options: DeciderOptions(capacity: max(capacity, 1)))
    else { return nil }
    self.codec = codec
    rows = WindowRows(
      shape: checkpoint.shape, normalizer: checkpoint.normalizer, capacity: codec.capacity,
      observations: codec.observations, images: codec.images)
  }

  /// The latents of chunks that could follow one window.
  ///
  /// - Parameters:
  ///   - chunks: Each Tp × A, in the environment's units.
  ///   - window: What is seen.
  /// - Returns: For each chunk ``latentWidth`` numbers.
  /// - Throws: `WindowError` for a window or an action that is malformed, and
  ///   ``ImitationError/malformedWindow(reason:)`` for an empty window.
  public func latents(
    of chunks: [[[Float]]], at window: ObservationWindow
  ) throws -> [[Float]] {
    var result: [[Float]] = []
    for start in stride(from: 0, to: chunks.count, by: codec.capacity) {
      let batch = chunks[start..<min(start + codec.capacity, chunks.count)]
      for row in 0..<batch.count { try rows.write(window, row: row) }
      let latents = codec.latents(
        of: try batch.enumerated().flatMap { row, chunk in
          try chunk.flatMap { try rows.features(ofAction: $0, row: row) }
        })
      for row in 0..<batch.count {
        result.append(Array(latents[row * latentWidth..<(row + 1) * latentWidth]))
      }
    }
    return result
  }
}
