internal import Neural

/// Draws latents, and then chunks from a denoiser that is told them.
final class ToldDecider: Decider {
  private let latents: any Decider
  private let chunks: DiffusionDecider
  private let condition: UnsafeMutableBufferPointer<Float>
  private let scale: (middle: [Float], half: Float)
  /// The randomness of latents, apart from that of chunks.
  private let keys: UnsafeMutableBufferPointer<DecisionKey>

  init(
    _ latents: any Decider, _ chunks: DiffusionDecider,
    condition: UnsafeMutableBufferPointer<Float>, scale: (middle: [Float], half: Float)
  ) {
    self.latents = latents
    self.chunks = chunks
    self.condition = condition
    self.scale = scale
    keys = .allocate(capacity: chunks.capacity)
    keys.initialize(repeating: DecisionKey(seed: 0, step: 0))
  }

  deinit { keys.deallocate() }

  var capacity: Int { chunks.capacity }
  var observations: UnsafeMutableBufferPointer<Float> { chunks.observations }
  var images: [UnsafeMutableBufferPointer<Float>] { chunks.images }

  func decide(_ keys: UnsafeBufferPointer<DecisionKey>) -> UnsafeMutableBufferPointer<Float> {
    _ = latents.observations.update(fromContentsOf: chunks.observations)
    for index in chunks.images.indices {
      _ = latents.images[index].update(fromContentsOf: chunks.images[index])
    }
    for (index, key) in keys.enumerated() {
      self.keys[index] = DecisionKey(seed: ~key.seed, step: key.step)
    }
    let drawn = latents.decide(
      UnsafeBufferPointer(rebasing: self.keys[..<keys.count]))
    let width = scale.middle.count
    for index in 0..<keys.count * width {
      condition[index] = scale.middle[index % width] + scale.half * drawn[index]
    }
    // Under guidance the same windows follow once more, with nothing seen.
    let written = keys.count * width
    if condition.count >= 2 * written {
      for index in 0..<written { condition[written + index] = condition[index] }
    }
    return chunks.decide(keys)
  }
}
