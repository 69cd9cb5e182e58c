import Demonstrations
import Diffusion
import EnvironmentInterface
import Imitation

/// The memory that training or deciding takes, of a process that does nothing else.
public struct SpeedMemory: Codable, Sendable, Hashable {
  /// What is done.
  public enum Work: String, Codable, Sendable, CaseIterable {
    /// A training of push with the sieve, 512 windows a step.
    case train
    /// Decisions of the same policy, one at a time, from its checkpoint.
    case decide
  }

  /// The name of the item.
  public var row: String
  /// What it was trained on.
  public var demonstrations: String
  /// The resident size before, with program and libraries, in bytes.
  public var startBytes: Int?
  /// The largest resident size, in bytes; nil where the system does not tell.
  public var peakBytes: Int?

  /// Steps or decisions that are made; the first few decide the peak.
  private static let repetitions = 20

  /// Measures this process, which should not have done anything large before.
  ///
  /// - Parameters:
  ///   - work: What to do.
  ///   - task: The policy and its demonstrations.
  ///   - threads: How many threads train.
  /// - Returns: The sizes.
  /// - Throws: What training and deciding throw.
  static func measure(_ work: Work, of task: PushTask, threads: Int) throws -> SpeedMemory {
    let folder = try TemporaryFolder()
    if work == .decide { try task.checkpoint().write(to: folder.file("policy")) }
    ResidentMemory.giveBackFreed()
    let start = ResidentMemory.present
    ResidentMemory.resetPeak()
    switch work {
    case .train:
      var configuration = task.configuration
      (configuration.batch, configuration.steps) = (512, repetitions)
      try Trainer(configuration, demonstrations: task.store, threads: threads).run()
    case .decide:
      let policy = try Policy(contentsOf: folder.file("policy"), capacity: 1)
      let environment = try task.makeEnvironment()
      for step in 0..<repetitions {
        let observation = try environment.observations(policy.observationNames)
        _ = try policy.act(
          [ObservationWindow([observation])], keys: [DecisionKey(seed: 0, step: step)])
      }
    }
    return SpeedMemory(
      row: SpeedItem.memory(work).description, demonstrations: task.source, startBytes: start,
      peakBytes: ResidentMemory.peak)
  }
}
