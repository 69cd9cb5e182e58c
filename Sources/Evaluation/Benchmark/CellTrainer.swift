public import Imitation

/// What turns demonstrations into agents for a benchmark; several threads use it at once.
public protocol CellTrainer: Sendable {
  /// Everything that decides what becomes of a cell, as text: a cell whose text has changed is
  /// recomputed.
  func settings(of cell: BenchmarkCell, in task: BenchmarkTask) throws -> String

  /// The name of a cell's training; cells of one name share it, and wait for the first of them.
  func trainingName(of cell: BenchmarkCell) throws -> String

  /// Whether a swept setting makes a difference to a method; the method has one row where not.
  func concerns(_ setting: String, method: String, backbone: String) throws -> Bool

  /// Clears what a run that was killed has left, such as half a checkpoint; called before the first
  /// cell, also where all cells are computed already.
  func clearLeftovers()

  /// Trains a cell, or loads what was trained with the same settings before.
  ///
  /// - Parameters:
  ///   - cell: The cell.
  ///   - task: Its environment and demonstrations.
  ///   - threads: How many threads may train; they make no difference to what is learnt.
  ///   - shouldStop: Asked now and then; on true the training is saved, and
  ///     ``EvaluationError/stopped(during:)`` thrown.
  /// - Returns: What makes the trained agent, once for each thread that acts.
  /// - Throws: ``EvaluationError/stopped(during:)``, and whatever keeps it from training.
  func agentFactory(
    of cell: BenchmarkCell, in task: BenchmarkTask, threads: Int,
    shouldStop: @escaping @Sendable () -> Bool
  ) throws -> @Sendable () throws -> any Agent

  /// Lines for the protocol, such as `sampler`, `checkpoint` and `training`.
  func protocolEntries(for cells: [BenchmarkCell]) throws -> [BenchmarkProtocol.Entry]
}

extension CellTrainer {
  /// Its own for each cell.
  public func trainingName(of cell: BenchmarkCell) throws -> String { cell.fileStem }

  /// Does nothing.
  public func clearLeftovers() {}

  /// True.
  public func concerns(_ setting: String, method: String, backbone: String) throws -> Bool { true }
}
