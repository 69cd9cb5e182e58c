public import Demonstrations
public import PolicyRuntime

extension TrainingConfiguration {
  /// Reads the windows that it is trained on, and the demonstrations' digest in the same pass.
  ///
  /// - Parameters:
  ///   - demonstrations: The recordings.
  ///   - episodes: The episodes to use, or nil for those of the mask.
  /// - Returns: The windows.
  /// - Throws: An error that names the file, demo and dataset that is wrong.
  public func windows(
    of demonstrations: DemonstrationStore, episodes: [Int]? = nil
  ) throws -> WindowDataset {
    let episodes = try episodes ?? mask.map { try demonstrations.episodes(inMask: $0) }
    return try WindowDataset(
      demonstrations, observations: policy.observations, horizons: policy.horizons,
      angles: policy.angles.map { try AngleMark(parsing: $0) }, episodes: episodes,
      memory: memory ?? WindowDataset.defaultMemory, digesting: true)
  }
}
