internal import CMessagePassing
public import Neural

/// The processes that `mpirun` or `srun` started together, which talk by MPI.
///
/// A process that dies ends all of them: MPI's default, by which the launcher names it.
public final class MPIRanks: TrainingRanks {
  /// Which of them this is, from 0.
  public let rank: Int
  /// How many they are.
  public let count: Int

  /// Why processes cannot be joined.
  public enum JoiningError: Error, CustomStringConvertible, Sendable, Hashable {
    /// Several were started, but the tool does not know MPI.
    case notBuilt(processes: Int)
    /// MPI refused.
    case refused(code: Int)

    /// What is wrong and what would be right.
    public var description: String {
      switch self {
      case .notBuilt(let processes):
        "\(processes) processes were started to train together, but this dpolicy was built without "
          + "MPI; build it with: swift build -c release --traits MPI"
      case .refused(let code):
        "MPI could not be started (its error \(code))"
      }
    }
  }

  /// Joins the others.
  ///
  /// - Parameter environment: The process's variables, in which launchers say how many they
  ///   started.
  /// - Returns: The processes; nil for one that was started alone.
  /// - Throws: ``JoiningError``.
  public static func joined(_ environment: [String: String]) throws(JoiningError) -> MPIRanks? {
    // Open MPI's mpirun, Slurm's srun with PMI-2 and with PMIx, others with PMI-1.
    let sizes = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"].compactMap {
      environment[$0].flatMap(Int.init)
    }
    let isLaunched = !sizes.isEmpty || environment["PMIX_RANK"] != nil
    guard isLaunched else { return nil }
    guard CMessagePassing_is_there() != 0 else {
      let tasks = environment["SLURM_STEP_NUM_TASKS"].flatMap(Int.init)
      let processes = sizes.first ?? tasks ?? 1
      if processes > 1 { throw .notBuilt(processes: processes) }
      return nil
    }
    var (rank, count): (Int32, Int32) = (0, 1)
    let error = CMessagePassing_join(&rank, &count)
    guard error == 0 else { throw .refused(code: Int(error)) }
    return MPIRanks(rank: Int(rank), count: Int(count))
  }

  private init(rank: Int, count: Int) {
    self.rank = rank
    self.count = count
  }

  /// Sends and receives, and returns when all of it is done.
  public func exchange(sending: [RankMessage], receiving: [RankMessage]) {
    let (sends, receives) = (sending.map(Self.message), receiving.map(Self.message))
    // An error ends all processes, before it could be returned.
    _ = CMessagePassing_exchange(sends, sends.count, receives, receives.count)
  }

  /// Leaves; nothing may be exchanged any more.
  public func leave() { CMessagePassing_leave() }

  /// Ends this process and all others, which would wait for it for ever.
  public func abort(status: Int32) { CMessagePassing_abort(status) }

  private static func message(_ message: RankMessage) -> CMessagePassing_message {
    CMessagePassing_message(
      peer: Int32(message.peer), values: message.values.baseAddress, count: message.values.count)
  }
}
