internal import CKernels
import Foundation

/// Threads that run one function together, for the parallel phases of a training step.
///
/// What is computed never depends on how many there are: work is cut by the problem, and a worker
/// takes the next piece.
public final class WorkerPool {
  /// The number of workers, the calling thread among them.
  public let threads: Int
  let pool: OpaquePointer

  /// Starts a pool.
  ///
  /// - Parameter threads: How many workers; at least 1. More than the machine's cores is slower.
  /// - Throws: ``NeuralError/noThreads(requested:)`` where the system refuses them.
  public init(threads: Int) throws(NeuralError) {
    self.threads = max(threads, 1)
    guard let pool = CKernels_pool_create(self.threads) else {
      throw NeuralError.noThreads(requested: threads)
    }
    self.pool = pool
    Self.prepareThread()
  }

  deinit {
    CKernels_pool_destroy(pool)
  }

  /// Flushes denormals and confines matrix products to the calling thread; programs run at full
  /// speed only on threads so prepared, and the calling thread of a pool is.
  public static func prepareThread() {
    CKernels_prepare_thread()
  }

  /// Runs `body` while signals wait.
  ///
  /// Programs must run so on threads that signals may come to: a matrix product points the stack
  /// register into the heap, and the frame of a signal's handler would overwrite what lies there.
  /// A pool's own runs do.
  public static func holdingSignals<Result>(_ body: () throws -> Result) rethrows -> Result {
    var before = sigset_t()
    CKernels_hold_signals(&before)
    defer { CKernels_restore_signals(&before) }
    return try body()
  }
}
