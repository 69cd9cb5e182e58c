public import Demonstrations
public import PolicyRuntime

extension TrainingConfiguration {
  /// Reads the windows that it is trained on, and the digest of what is read in the same pass.
  ///
  /// - Parameters:
  ///   - demonstrations: The recordings.
  ///   - episodes: The episodes to use, or nil for those of the mask.
  ///   - normalizer: The scales of a training that continues; nil to learn them.
  /// - Returns: The windows, without those that are held out.
  /// - Throws: An error that names the file, demo and dataset that is wrong.
  public func windows(
    of demonstrations: DemonstrationStore, episodes: [Int]? = nil, normalizer: Normalizer? = nil
  ) throws -> WindowDataset {
    let episodes = try split(episodes, of: demonstrations).training
    let marks = ValueMarks(
      angles: try policy.angles.map { try AngleMark(parsing: $0) },
      quaternions: try (policy.quaternions ?? []).map { try QuaternionMark(parsing: $0) },
      discrete: try (policy.discrete ?? []).map { try DiscreteMark(parsing: $0) },
      relative: try (policy.relative ?? []).map { try RelativeMark(parsing: $0) })
    return try WindowDataset(
      demonstrations, actions: actions, observations: policy.observations,
      horizons: policy.horizons, marks: marks,
      normalisation: NormalisationChoice(parsing: policy.normalisation ?? []),
      imageSize: policy.image.size.map { try ImageSize($0) },
      imageCrop: policy.image.randomCrop.map { try ImageSize($0, of: "the random crop") },
      episodes: episodes, normalizer: normalizer, memory: memory ?? WindowDataset.defaultMemory,
      digesting: true)
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
      demonstrations, actions: actions, horizons: policy.horizons,
      episodes: episodes,
      normalizer: training.normalizer, memory: memory ?? WindowDataset.defaultMemory)
  }

  /// The episodes that are kept from the training, of the mask's where there is one; nil for none.
  ///
  /// - Throws: An error that names the mask or the share that is wrong.
  public func heldOutEpisodes(of demonstrations: DemonstrationStore) throws -> [Int]? {
    try split(nil, of: demonstrations).heldOut
  }

  /// Whether these recordings fall into the parts that a training's did, as far as can be told from
  /// what it noted: it would learn from as many episodes, with as many steps.
  ///
  /// - Throws: As ``heldOutEpisodes(of:)``, and an error of an episode that cannot be read.
  public func divides(
    _ demonstrations: DemonstrationStore, as provenance: Checkpoint.Provenance
  ) throws -> Bool {
    let episodes =
      try split(nil, of: demonstrations).training ?? Array(0..<demonstrations.count)
    guard episodes.count == provenance.episodes else { return false }
    let steps = try episodes.reduce(0) {
      try $0 + demonstrations.episode($1, observations: []).count
    }
    return steps == provenance.steps
  }

  /// The episodes of the training (nil for all) and those that are held out (nil for none).
  ///
  /// What is held out does not depend on how many of the others are learnt from.
  private func split(
    _ episodes: [Int]?, of demonstrations: DemonstrationStore
  ) throws -> (training: [Int]?, heldOut: [Int]?) {
    let parts = try divided(episodes, of: demonstrations)
    guard let count = self.episodes else { return parts }
    let all = parts.training ?? Array(0..<demonstrations.count)
    return (try EpisodeSplit.drawn(count, of: all, seed: seed), parts.heldOut)
  }

  private func divided(
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
