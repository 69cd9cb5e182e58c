public import Demonstrations
public import PolicyRuntime

/// Demonstrations as training windows, gathered from memory without allocation.
///
/// A window stands at every recorded step t, so that each can be a decision. It holds the features
/// of the steps t − To + 1 … t and the actions of the steps t … t + Tp − 1, and never leaves its
/// episode: before the start the first observation is repeated, past the end the last action. Of
/// the Ta actions that are executed at most Ta − 1 are such repeats.
///
/// Steps are held in memory, where they fit into what is allowed. Otherwise they lie in a file of
/// the temporary folder that is gone with the process; a `WindowOrder` reads them in blocks.
public final class WindowDataset: Sendable {
  /// How many bytes of steps are held in memory unless something else is asked for: 2 GiB.
  public static let defaultMemory = ByteCount(2 << 30)

  /// How long windows are.
  public let horizons: Horizons
  /// The scales of features and actions.
  public let normalizer: Normalizer
  /// The episodes that it holds, as indices into the store.
  public let episodes: [Int]
  /// The number of windows, which is the number of recorded steps.
  public let count: Int
  /// The number of features of one step (Do).
  public let stepObservationWidth: Int
  /// The number of features of one action (A).
  public let actionWidth: Int

  /// The SHA-256 of what was read, of all its bits, as 64 hexadecimal digits; nil if it was not
  /// asked for.
  public let digest: String?
  /// What was read, and what was left out.
  public var notes: ReadingNotes { records.notes }

  let records: StepRecords
  /// The values of actions that are distances, and the features that networks are not shown.
  let relative: [RelativePlace]
  let unseen: [Range<Int>]
  private let file: String

  /// Reads windows from a store: the actions and what is looked at, and nothing else.
  ///
  /// - Parameters:
  ///   - store: The demonstrations.
  ///   - actions: What is learnt, as the name of a dataset of each episode: nil for `actions`, or
  ///     an observation such as `obs/block_pose`.
  ///   - observations: The observations to look at, in the order of the features, images among
  ///     them; nil for all numbers that all of the episodes have.
  ///   - horizons: How long windows are.
  ///   - marks: What values mean, beside what the store's environment declares.
  ///   - normalisation: How each space is scaled.
  ///   - imageSize: The size that pictures are brought to; nil for the recorded one.
  ///   - imageCrop: The size of the part of pictures that is seen at a time; nil for all.
  ///   - episodes: The episodes to use; nil for all.
  ///   - normalizer: Scales to use, such as the training's for held-out episodes, with their
  ///     observations and meanings in place of the arguments; nil to learn them from the episodes.
  ///   - memory: How many bytes of steps may be held in memory; more go into a temporary file.
  ///   - digesting: Whether ``digest`` is computed in the same pass.
  /// - Throws: ``/Demonstrations/DemonstrationError`` or ``/PolicyRuntime/WindowError``.
  public convenience init(
    _ store: DemonstrationStore, actions: String? = nil,
    observations: [String]? = nil, horizons: Horizons = .single, marks: ValueMarks = ValueMarks(),
    normalisation: NormalisationChoice = NormalisationChoice(),
    imageSize: ImageSize? = nil, imageCrop: ImageSize? = nil, episodes: [Int]? = nil,
    normalizer: Normalizer? = nil, memory: ByteCount = WindowDataset.defaultMemory,
    digesting: Bool = false
  ) throws {
    let episodes = episodes ?? Array(0..<store.count)
    let reader = StepReader(
      store: store, episodes: episodes, actions: actions ?? ValueMarks.actions,
      wanted: observations, marks: marks, choice: normalisation, imageSize: imageSize,
      imageCrop: imageCrop, known: normalizer, limit: memory.bytes,
      isDigesting: digesting, prediction: horizons.prediction)
    let (records, digest) = try reader.read()
    try self.init(records, horizons, episodes: episodes, file: store.path, digest: digest)
  }

  /// Reads windows from a store in which angles are the only values that are not plain numbers.
  ///
  /// - Throws: ``/Demonstrations/DemonstrationError`` or ``/PolicyRuntime/WindowError``.
  public convenience init(
    _ store: DemonstrationStore, observations: [String]? = nil, horizons: Horizons = .single,
    angles: [AngleMark], episodes: [Int]? = nil, normalizer: Normalizer? = nil,
    memory: ByteCount = WindowDataset.defaultMemory, digesting: Bool = false
  ) throws {
    try self.init(
      store, observations: observations, horizons: horizons, marks: ValueMarks(angles: angles),
      episodes: episodes, normalizer: normalizer, memory: memory, digesting: digesting)
  }

  private init(
    _ records: StepRecords, _ horizons: Horizons, episodes: [Int], file: String, digest: String?
  ) throws {
    for (name, value) in [
      ("observation", horizons.observation), ("prediction", horizons.prediction),
    ] where value > records.longest {
      throw WindowError.horizonTooLong(
        file: file, name: name, value: value, longest: records.longest)
    }
    // Chunks of windows begin with the decision's own action.
    if let past = horizons.past {
      throw WindowError.invalidHorizon(name: "past", value: past, low: 0, high: 0)
    }
    self.digest = digest
    self.records = records
    self.horizons = horizons
    self.episodes = episodes
    self.file = file
    normalizer = records.normalizer
    relative = normalizer.relativePlaces
    unseen = normalizer.unseenFeatures
    count = records.count
    stepObservationWidth = normalizer.featureWidth
    actionWidth = normalizer.actionFeatureWidth
  }

  /// Windows of another length over the same steps, which both share.
  ///
  /// - Throws: ``/PolicyRuntime/WindowError/horizonTooLong(file:name:value:longest:)``.
  public func windows(_ horizons: Horizons) throws -> WindowDataset {
    try WindowDataset(records, horizons, episodes: episodes, file: file, digest: digest)
  }

  /// Whether all steps are in memory.
  public var isInMemory: Bool { records.scratch == nil }

  /// Whether all steps fit into an allowance of memory.
  public func fits(in memory: ByteCount) -> Bool { records.bytes <= memory.bytes }

  /// The number of features of a window (To · Do).
  public var observationWidth: Int { horizons.observation * stepObservationWidth }

  /// The number of values of a chunk (Tp · A).
  public var chunkWidth: Int { horizons.prediction * actionWidth }

  /// Writes one window; any number of threads may call this at once.
  ///
  /// A window that is not in memory is read from disk on its own, which is slow; a
  /// `WindowOrder` is there for reading all of them. One that cannot be read becomes NaN.
  ///
  /// - Parameters:
  ///   - window: Which one; 0 to `count` − 1.
  ///   - observation: Room for To × Do normalised features, oldest step first.
  ///   - action: Room for Tp × A normalised values, the decision's own step first.
  public func gather(
    window: Int, observation: UnsafeMutablePointer<Float>, action: UnsafeMutablePointer<Float>
  ) {
    withRecord(of: window) { place in
      guard let place else {
        observation.update(repeating: .nan, count: observationWidth)
        action.update(repeating: .nan, count: chunkWidth)
        return
      }
      gather(place, observation: observation, action: action)
    }
  }

  /// Writes one window's images of one space, their bytes scaled to [−1, 1]; any number of threads
  /// may call this at once.
  ///
  /// - Parameters:
  ///   - window: Which one; 0 to `count` − 1.
  ///   - image: Which of the normaliser's images.
  ///   - shift: By how many pixels the pictures, or their middles, are moved, down and across;
  ///     edges are repeated.
  ///   - pixels: Room for To × height × width × channels values, oldest step first.
  public func gather(
    window: Int, image: Int, shift: SIMD2<Int> = .zero, into pixels: UnsafeMutablePointer<Float>
  ) {
    withRecord(of: window) { place in
      guard let place else {
        let count = horizons.observation * normalizer.images[image].count
        return pixels.update(repeating: .nan, count: count)
      }
      gather(place, image: image, shift: shift, into: pixels)
    }
  }

  /// Which episode of the store a window is from, and at which of its steps it decides.
  public func origin(of window: Int) -> (episode: Int, step: Int) {
    let starts = records.starts
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= window { low = middle } else { high = middle }
    }
    return (episodes[low], window - starts[low])
  }
}
