public import Demonstrations
public import PolicyRuntime

extension TrainingConfiguration {
  /// Reads the windows that it is trained on, and the demonstrations' digest in the same pass.
  ///
  /// - Parameters:
  ///   - demonstrations: The recordings.
  ///   - episodes: The episodes to use, or nil for those of the mask.
  /// - Returns: The windows, without those that are held out.
  /// - Throws: An error that names the file, demo and dataset that is wrong.
  public func windows(
    of demonstrations: DemonstrationStore, episodes: [Int]? = nil
  ) throws -> WindowDataset {
    let episodes = try split(episodes, of: demonstrations).training
    return try WindowDataset(
      demonstrations, observations: policy.observations, horizons: policy.horizons,
      angles: policy.angles.map { try AngleMark(parsing: $0) }, episodes: episodes,
      memory: memory ?? WindowDataset.defaultMemory, digesting: true)
  }

  /// Reads the windows that the training is judged by.
  ///
  /// - Parameters:
  ///   - demonstrations: The recordings.
  ///   - training: The training's windows, whose scales hold for these too.
  ///   - episodes: The episodes to use, or nil for those of the mask.
  /// - Returns: The windows; nil where nothing is held out.
  /// - Throws: An error that names the file, demo and dataset that is wrong.
  public func heldOutWindows(
    of demonstrations: DemonstrationStore, like training: WindowDataset, episodes: [Int]? = nil
  ) throws -> WindowDataset? {
    guard let episodes = try split(episodes, of: demonstrations).heldOut else { return nil }
    return try WindowDataset(
      demonstrations, horizons: policy.horizons, episodes: episodes,
      normalizer: training.normalizer, memory: memory ?? WindowDataset.defaultMemory)
  }

  /// The episodes of the training (nil for all) and those that are held out (nil for none).
  private func split(
    _ episodes: [Int]?, of demonstrations: DemonstrationStore
  ) throws -> (training: [Int]?, heldOut: [Int]?) {
    let episodes = try episodes ?? mask.map { try demonstrations.episodes(inMask: $0) }
    guard let validation else { return (episodes, nil) }
    let all = episodes ?? Array(0..<demonstrations.count)
    let heldOut: [Int]
    switch validation {
    case .mask(let name):
      heldOut = try demonstrations.episodes(inMask: name)
    case .fraction(let fraction):
      heldOut = try EpisodeSplit(count: all.count, fraction: fraction, seed: seed).first
        .map { all[$0] }
    }
    let training = all.filter { !heldOut.contains($0) }
    guard !training.isEmpty, !heldOut.isEmpty else {
      throw ImitationError.optionOutOfRange(
        name: "validation", value: "\(validation)",
        range: "such that of the \(all.count) episodes some are held out and some are left")
    }
    return (training, heldOut)
  }
}
