import CAllocations
import Demonstrations
import Diffusion
import Dispatch
import EnvironmentInterface
import Foundation
import Imitation
import Neural
import Testing

/// Training steps and decisions run in memory that was allocated before: what a control loop that
/// must not stall relies on.
@Suite(.serialized) struct AllocationTests {
  private let data: WindowDataset

  init() throws {
    let folder = try TemporaryFolder()
    data = try WindowDataset(
      ToyDemonstrations.store(in: folder, episodes: 20),
      horizons: Horizons(observation: 2, prediction: 4, action: 2))
  }

  private func configuration(_ backbone: String) throws -> TrainingConfiguration {
    TrainingConfiguration(
      policy: try PolicyConfiguration(horizons: data.horizons).of(
        "diffusion", backbone,
        [
          "backbone.hidden_width": 96, "backbone.embedding_width": 32,
          "backbone.transformer.width": 32, "backbone.transformer.blocks": 2,
          "backbone.transformer.heads": 2, "backbone.transformer.head_width": 16,
        ]),
      steps: 1000, batch: 80)
  }

  /// Watches this thread and those that `prepare` starts, and counts what the body that it returns
  /// does when it has run three times before.
  private func watched(_ prepare: () throws -> () -> Void) rethrows -> Count {
    CAllocations_watch()
    defer { CAllocations_forget() }
    let body = try prepare()
    for _ in 0..<3 { body() }
    CAllocations_start()
    body()
    return Count(CAllocations_stop())
  }

  /// Checks that nothing was allocated or locked.
  private func expectNothing(_ count: Count, mayLock: Bool = false) {
    #expect(count.counts.allocations == 0, "\(count.callers)")
    #expect(count.counts.locks == 0 || mayLock)
  }

  #if canImport(Glibc)
    @Test func `what is counted is counted, also on threads that were started meanwhile`() {
      let lock = NSLock()
      @Sendable func allocateAndLock() {
        UnsafeMutableRawPointer.allocate(byteCount: 10, alignment: 1).deallocate()
        lock.withLock {}
      }
      let own = watched { allocateAndLock }
      #expect(own.counts.allocations == 1 && own.counts.locks == 1, "\(own.callers)")
      let (begin, end) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
      let others = watched {
        Thread.detachNewThread {
          for _ in 0..<4 {
            begin.wait()
            for _ in 0..<100 { allocateAndLock() }
            end.signal()
          }
        }
        return {
          begin.signal()
          end.wait()
        }
      }
      #expect(others.counts.allocations == 100 && others.counts.locks == 100)
      let none = watched { {} }
      #expect(none.counts.allocations == 0 && none.counts.locks == 0)
    }
  #endif

  @Test(arguments: BackboneRegistry.general, [1, 2])
  func `a training step after warm-up allocates nothing`(
    _ backbone: String, threads: Int
  ) throws {
    let training = try Training(try configuration(backbone), data: data)
    let count = try watched {
      let pool = try WorkerPool(threads: threads)
      return { _ = try? training.step(pool) }
    }
    // A pool of several threads locks where one has gone to sleep.
    expectNothing(count, mayLock: threads > 1)
  }

  @Test func `training steps on demonstrations from disk allocate nothing, nor lock`() throws {
    let folder = try TemporaryFolder()
    let data = try WindowDataset(
      ToyDemonstrations.store(in: folder), horizons: data.horizons,
      memory: ByteCount(16_384))
    #expect(!data.isInMemory)
    let training = try Training(configuration("mlp"), data: data)
    let count = try watched {
      let pool = try WorkerPool(threads: 1)
      // A third of an epoch: groups of blocks change places.
      return { for _ in 0..<8 { _ = try? training.step(pool) } }
    }
    expectNothing(count)
    #expect(training.state.step == 32)
  }

  @Test(arguments: BackboneRegistry.general, [(1, 1), (20, 1), (1, 2), (20, 2)])
  func `a decision after warm-up allocates nothing`(
    _ backbone: String, _ sizes: (windows: Int, threads: Int)
  ) throws {
    let model = try PolicyModel(configuration(backbone).policy, shape: data.shape)
    let count = try watched {
      let decider = try model.decider(
        weights: Weights(copying: model.table.initialValues(seed: 1)),
        options: DeciderOptions(
          capacity: sizes.windows,
          workers: sizes.threads > 1 ? WorkerPool(threads: sizes.threads) : nil))
      let keys = (0..<sizes.windows).map { DecisionKey(seed: UInt64($0), step: 0) }
      WorkerPool.prepareThread()
      return { _ = keys.withUnsafeBufferPointer { decider.decide($0) } }
    }
    expectNothing(count, mayLock: sizes.threads > 1)
  }
}

/// Deciding in the caller's memory.
extension AllocationTests {
  @Test(
    arguments: [
      "mse", "diffusion", "kmeans", "discretised", "ebm", "cvae", "flow-policy", "vq",
      "latent-diffusion", "diffusion-autoencoder",
    ], [1, 2])
  func `deciding in the caller's memory allocates nothing, scaling and unscaling included`(
    _ method: String, threads: Int
  ) throws {
    let folder = try TemporaryFolder()
    let configuration = TrainingConfiguration(
      policy: try PolicyConfiguration(
        angles: ["pose.2", "actions.2"], quaternions: ["pose.3-6", "actions.3-6"],
        horizons: Horizons(observation: 2, prediction: 4, action: 2)
      ).of(method, "mlp", ["backbone.hidden_width": 16, "method.kmeans.clusters": 4]),
      steps: 1, batch: 8)
    try PoseDemonstrations.write(to: folder.file("pose.hdf5"))
    let store = try DemonstrationStore(reading: folder.file("pose.hdf5"))
    let checkpoint = try Trainer(configuration, demonstrations: store, threads: 1).checkpoint
    let seen = PoseDemonstrations.values(step: 3) + PoseDemonstrations.values(step: 4)
    var expected: [Double] = []
    var actions = [Double](repeating: 0, count: 2 * PoseDemonstrations.width)
    let count = try watched {
      let policy = try Policy(checkpoint, threads: threads)
      let key = DecisionKey(seed: 3, step: 1)
      let window = ObservationWindow(
        [3, 4].map { ["pose": .float64(PoseDemonstrations.values(step: $0))] })
      expected = try policy.actions([window], keys: [key])[0].flatMap { $0 }
      return {
        var room = actions.mutableSpan
        try? policy.act(numbers: seen.span, key: key, into: &room)
      }
    }
    expectNothing(count, mayLock: threads > 1)
    #expect(actions == expected && Set(actions).count > 4)
  }
}

/// What was counted, and who allocated first.
private struct Count {
  let counts: CAllocations_counts
  let callers: String

  init(_ counts: CAllocations_counts) {
    self.counts = counts
    var text = [CChar](repeating: 0, count: 4096)
    CAllocations_describe(&text, text.count)
    let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    callers = "\(counts) \(String(decoding: bytes, as: UTF8.self))"
  }
}
