public import Demonstrations
public import PolicyRuntime

extension TrainingConfiguration {
  /// Reads the windows that it is trained on, and the digest of what is read in the same pass.
  ///
  /// - Parameters:
  ///   - demonstrations: The recordings.
  ///   - episodes: The episodes to use, or nil for those of the mask.
  ///   - normalizer: The scales of a training that goes on; nil to learn them.
  /// - Returns: The windows.
  /// - Throws: An error that names the file, demo and dataset that is wrong.
  public func windows(
    of demonstrations: DemonstrationStore, episodes: [Int]? = nil, normalizer: Normalizer? = nil
  ) throws -> WindowDataset {
    let episodes = try episodes ?? mask.map { try demonstrations.episodes(inMask: $0) }
    let marks = ValueMarks(
      angles: try policy.angles.map { try AngleMark(parsing: $0) },
      quaternions: try (policy.quaternions ?? []).map { try QuaternionMark(parsing: $0) },
      discrete: try (policy.discrete ?? []).map { try DiscreteMark(parsing: $0) })
    return try WindowDataset(
      demonstrations, observations: policy.observations, horizons: policy.horizons, marks: marks,
      normalisation: NormalisationChoice(parsing: policy.normalisation ?? []),
      imageSize: policy.image.size.map { try ImageSize($0) }, episodes: episodes,
      normalizer: normalizer, memory: memory ?? WindowDataset.defaultMemory, digesting: true)
  }
}
