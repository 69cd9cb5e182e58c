internal import CKernels

/// Threads that run one function together, for the parallel phases of a training step.
///
/// What is computed never depends on how many there are: work is cut by the problem, and a worker
/// takes the next piece.
public final class WorkerPool {
  /// The number of workers, the calling thread among them.
  public let threads: Int
  private let pool: OpaquePointer
  private var team: (any WorkerTeam)?

  /// Starts a pool.
  ///
  /// - Parameter threads: How many workers; at least 1. More than the machine's cores is slower.
  /// - Throws: ``NeuralError/noThreads(requested:)`` where the system refuses them.
  public init(threads: Int) throws(NeuralError) {
    self.threads = max(threads, 1)
    // Beyond this no system goes along, and the pool's own memory could not be counted.
    guard threads <= 1 << 16, let pool = CKernels_pool_create(self.threads) else {
      throw NeuralError.noThreads(requested: threads)
    }
    self.pool = pool
    Self.prepareThread()
  }

  deinit {
    CKernels_pool_destroy(pool)
  }

  /// Runs a team's work once on each worker and returns when all have returned; allocates nothing.
  ///
  /// - Parameter team: What they run.
  public func run(_ team: any WorkerTeam) {
    self.team = team
    CKernels_pool_run(
      pool,
      { context, index in
        guard let context else { return }
        let pool = Unmanaged<WorkerPool>.fromOpaque(context).takeUnretainedValue()
        pool.team?.work(Worker(index: index, count: pool.threads, pool: pool.pool))
      }, Unmanaged.passUnretained(self).toOpaque())
    self.team = nil
  }

  /// Flushes denormals to zero on the calling thread; programs run at full speed only on threads so
  /// prepared, and the calling thread of a pool is.
  public static func prepareThread() {
    CKernels_prepare_thread()
  }
}

/// What the workers of a pool run together.
public protocol WorkerTeam: AnyObject {
  /// One worker's part; called on all workers at once. Must not allocate or lock.
  func work(_ worker: Worker)
}

/// One of the threads that run a team's work.
public struct Worker {
  /// Which one; 0 is the calling thread.
  public let index: Int
  /// How many there are.
  public let count: Int
  fileprivate let pool: OpaquePointer

  /// Waits until every worker has come here.
  public func barrier() { CKernels_pool_barrier(pool) }

  /// Takes tasks of a queue, each of which goes to one worker, until there are none.
  ///
  /// - Parameters:
  ///   - queue: Which of the run's queues; 0 to 15, each used once a run.
  ///   - count: How many tasks it has.
  ///   - body: Runs one.
  public func forEachTask(queue: Int, of count: Int, _ body: (Int) -> Void) {
    while true {
      let task = CKernels_pool_next(pool, queue)
      if task >= count { return }
      body(task)
    }
  }
}
