import Imitation

/// One decision of a policy, with what else it might have done.
public struct WatchedDecision: Sendable, Hashable {
  /// Counts the decisions since the policy was loaded.
  public var serial: Int
  /// The step of the episode at which it was made.
  public var step: Int
  /// What the decision took, in milliseconds: one call of the policy, without the cloud.
  public var milliseconds: Double
  /// The chunk that was chosen, Tp × A.
  public var chosen: [[Float]]
  /// The noise step of each stage of the cloud, 0 for clean chunks.
  public var times: [Int]
  /// The cloud: for each stage candidates × (Tp · A), in the environment's units.
  public var stages: [[Float]]
  /// The number of candidates of a stage.
  public var candidates: Int
  /// Where the latents of the clean candidates and, last, of the chosen chunk lie.
  ///
  /// In the plane of ``WatchingSession/latents``; empty where there is none.
  public var places: [SIMD2<Float>] = []
}
