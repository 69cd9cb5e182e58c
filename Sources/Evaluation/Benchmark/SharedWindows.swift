import Demonstrations
import Imitation
import Synchronization

/// The windows that were read last, for all trainings on the same demonstrations.
///
/// Cells stand in the order of their environments, so that each file is read once; trainings that
/// differ in their horizons share the same steps.
final class SharedWindows: Sendable {
  /// What decides which steps are read, and how they are kept.
  private struct Key: Hashable {
    let path: String
    let digest: String
    let observations: [String]?
    let meanings: [[String]?]
    /// Where actions are relative, the chunk whose distances are scaled.
    let prediction: Int?
    let imageSizes: [[Int]?]
    let memory: ByteCount?
    let mask: String?
    /// How many episodes are drawn, and by which seed.
    let episodes: Int?
    let drawnBy: UInt64?
  }

  private struct Entry {
    let key: Key
    let windows: WindowDataset
    let store: DemonstrationStore
  }

  private let latest = Mutex<Entry?>(nil)

  /// The windows of a training, read if the last ones were of other demonstrations.
  ///
  /// - Parameters:
  ///   - task: What is trained for.
  ///   - configuration: What is trained.
  /// - Returns: The windows and the store that they are from.
  /// - Throws: What reading throws.
  func windows(
    of task: BenchmarkTask, for configuration: TrainingConfiguration
  ) throws -> (WindowDataset, DemonstrationStore) {
    let policy = configuration.policy
    let key = Key(
      path: task.path, digest: task.digest, observations: policy.observations,
      meanings: [
        policy.angles, policy.quaternions, policy.discrete, policy.normalisation,
        policy.relative,
      ],
      prediction: policy.relative.map { _ in policy.horizons.prediction },
      imageSizes: [policy.image.size, policy.image.randomCrop], memory: configuration.memory,
      mask: configuration.mask, episodes: configuration.episodes,
      drawnBy: configuration.episodes.map { _ in configuration.seed })
    // Under the lock, so that cells which begin together do not both read.
    return try latest.withLock { latest in
      if let latest, latest.key == key {
        return (try latest.windows.windows(policy.horizons), latest.store)
      }
      latest = nil
      let store = try task.store ?? DemonstrationStore(reading: task.path)
      let windows = try configuration.windows(of: store)
      latest = Entry(key: key, windows: windows, store: store)
      return (windows, store)
    }
  }
}
