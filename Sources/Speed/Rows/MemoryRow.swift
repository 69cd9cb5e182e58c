import Demonstrations
import Diffusion
import EnvironmentInterface
import Imitation

/// The memory that training or deciding takes, of a process that does nothing else.
public struct MemoryRow: Codable, Sendable, Hashable {
  /// What is done.
  public enum Work: String, Codable, Sendable, CaseIterable {
    /// A training of push with the sieve, 512 windows a step.
    case train
    /// Decisions of the same policy, one at a time, from its checkpoint.
    case decide
  }

  /// The name of the row.
  public var row: String
  /// What it was trained on; empty for deciding.
  public var demonstrations: String
  /// The resident size before, with program and libraries, in bytes.
  public var startBytes: Int?
  /// The largest resident size, in bytes; nil where the system does not tell.
  public var peakBytes: Int?

  /// Steps or decisions that are made; the first few decide the peak.
  private static let repetitions = 20

  /// Trains in this process, which should not have done anything large before.
  ///
  /// - Parameters:
  ///   - task: The policy and its demonstrations.
  ///   - threads: How many threads train.
  /// - Returns: The sizes.
  /// - Throws: What training throws.
  static func training(_ task: PushTask, threads: Int) throws -> MemoryRow {
    try measure(.train, task.source) {
      var configuration = task.configuration
      (configuration.batch, configuration.steps) = (512, repetitions)
      try Trainer(configuration, demonstrations: task.store, threads: threads).run()
    }
  }

  /// Decides in this process, which should not have done anything large before.
  ///
  /// - Parameters:
  ///   - path: The checkpoint folder of a policy for push.
  ///   - environment: What it sees.
  /// - Returns: The sizes.
  /// - Throws: What reading the checkpoint and deciding throw.
  static func deciding(_ path: String, in environment: any Environment) throws -> MemoryRow {
    try measure(.decide, "") {
      let policy = try Policy(contentsOf: path, capacity: 1)
      for step in 0..<repetitions {
        let observation = try environment.observations(policy.observationNames)
        _ = try policy.act(
          [ObservationWindow([observation])], keys: [DecisionKey(seed: 0, step: step)])
      }
    }
  }

  private static func measure(
    _ work: Work, _ demonstrations: String, _ body: () throws -> Void
  ) rethrows -> MemoryRow {
    let start = ResidentMemory.present
    ResidentMemory.resetPeak()
    try body()
    return MemoryRow(
      row: SpeedRow.memory(work).description, demonstrations: demonstrations, startBytes: start,
      peakBytes: ResidentMemory.peak)
  }
}
