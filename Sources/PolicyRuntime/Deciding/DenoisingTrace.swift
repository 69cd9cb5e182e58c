internal import Diffusion

/// How a decision came about: the chunks of all candidates on their way from noise to actions.
public struct DenoisingTrace: Sendable, Hashable {
  /// All candidates' chunks at one stage.
  public struct Stage: Sendable, Hashable {
    /// The noise step t that these chunks stand at: T for pure noise, 0 for clean chunks.
    public let time: Int
    /// Candidates × (actions · A), in the environment's units; noise lies far outside their ranges.
    public let chunks: [Float]
  }

  /// The stages, from noise to actions; one more than the sampler has steps.
  public let stages: [Stage]
  /// The number of candidates.
  public let candidates: Int
  /// The number of actions of a chunk that are answered.
  public let horizon: Int
  /// A, the number of values of an action.
  public let actionWidth: Int
  /// The chunk that was chosen, ``horizon`` × A, within the demonstrations' range.
  public let chosen: [[Float]]
}

extension Policy {
  /// Decides once and notes every candidate after every reverse step.
  ///
  /// A policy that is not asked for a trace pays nothing for it.
  ///
  /// - Parameters:
  ///   - window: What the policy sees.
  ///   - key: The randomness; the same key gives the chunk that ``chunks(_:keys:)`` gives.
  /// - Returns: The trace; nil for a policy that does not denoise.
  /// - Throws: What ``act(_:keys:)`` throws.
  public func trace(_ window: ObservationWindow, key: DecisionKey) throws -> DenoisingTrace? {
    guard let decider = decider as? DiffusionDecider else { return nil }
    var seen: [[Float]] = []
    decider.observer = { seen.append(Array($0)) }
    defer { decider.observer = nil }
    guard let chosen = try chunks([window], keys: [key]).first else { return nil }
    let shape = checkpoint.shape
    let stages = try zip(decider.stages, seen).map { stage, rows in
      var chunks: [Float] = []
      chunks.reserveCapacity(rows.count)
      for start in stride(from: 0, to: rows.count, by: shape.actionWidth)
      where start % shape.chunkWidth >= (shape.horizons.past ?? 0) * shape.actionWidth {
        let action = rows[start..<start + shape.actionWidth].map { $0 / stage.inputScale }
        var values = try checkpoint.normalizer.values(ofAction: action)
        values.withUnsafeMutableBufferPointer { self.rows.place($0, row: 0) }
        chunks += values.map { Float($0) }
      }
      return DenoisingTrace.Stage(time: stage.noiseStep, chunks: chunks)
    }
    return DenoisingTrace(
      stages: stages, candidates: sampler?.candidates ?? 1, horizon: shape.horizons.planned,
      actionWidth: checkpoint.normalizer.actionWidth, chosen: chosen)
  }
}
