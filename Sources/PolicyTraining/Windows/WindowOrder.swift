package import PolicyRuntime
internal import Randomness

/// Which window stands in which row of which training step, and where it is in memory.
///
/// It follows from data, allowed memory, batch, seed and position alone, so that a resumed training
/// goes on as if it had never stopped. Windows in memory are reshuffled each epoch, all of them
/// among each other. Windows on disk come in blocks (runs of about 1 MiB): each epoch shuffles the
/// blocks, reads as many as fill half of the allowed memory, and shuffles all windows of those
/// among each other; the other half is filled meanwhile. Every window comes once an epoch either
/// way.
///
/// There is no reading thread: training keeps all processors busy, and one more thread would only
/// hold up a worker. Each step reads its share of the next blocks itself, after the system was told
/// of them a step or more before and has them ready.
package final class WindowOrder: TrainingOrder {
  /// Where windows come from.
  private enum Steps {
    /// The first of all records.
    case inMemory(UnsafeRawPointer)
    case onDisk(BlockReader)
  }

  /// The key of the order.
  package let seed: UInt64

  private let count: Int
  private let batch: Int
  private let stride: Int
  private let steps: Steps
  /// The epoch whose order is ready, and behind it the next one.
  private var epoch = 0
  private var order: KeyedPermutation
  private var nextOrder: KeyedPermutation

  /// Creates an order; for windows on disk it takes the allowed memory.
  ///
  /// - Parameters:
  ///   - data: The windows.
  ///   - batch: The number of windows of a step.
  ///   - seed: The key of the order.
  /// - Throws: ``WindowError/memoryTooSmall(bytes:batch:least:)``, or
  ///   ``WindowError/outOfMemory(bytes:)``.
  package init(_ data: WindowDataset, batch: Int, seed: UInt64) throws(WindowError) {
    self.batch = batch
    self.seed = seed
    count = data.count
    stride = data.records.layout.stride
    steps =
      if let base = data.records.base { .inMemory(base) } else {
        .onDisk(try BlockReader(data, batch: batch, seed: seed))
      }
    order = Self.order(of: data.count, seed: seed, epoch: 0)
    nextOrder = Self.order(of: data.count, seed: seed, epoch: 1)
  }

  /// Makes the windows of a step ready; neither locks nor allocates.
  ///
  /// Called before each step by one thread, while no other asks for windows.
  ///
  /// - Parameter step: The training step, from 0.
  /// - Throws: ``WindowError/scratch(folder:reason:)``.
  package func prepare(step: Int) throws(WindowError) {
    let first = step * batch
    switch steps {
    case .onDisk(let reader): try reader.prepare(first..<first + batch)
    case .inMemory:
      guard first / count != epoch else { return }
      epoch = first / count
      order = Self.order(of: count, seed: seed, epoch: epoch)
      nextOrder = Self.order(of: count, seed: seed, epoch: epoch + 1)
    }
  }

  /// The window of a row of the step that was made ready; any number of threads may ask at once.
  package func window(step: Int, row: Int) -> WindowPlace {
    let position = step * batch + row
    switch steps {
    case .onDisk(let reader): return reader.window(at: position)
    case .inMemory(let base):
      let window = window(at: position)
      return WindowPlace(window: window, record: base + window * stride)
    }
  }

  private func window(at position: Int) -> Int {
    let (epoch, place) = position.quotientAndRemainder(dividingBy: count)
    switch epoch - self.epoch {
    case 0: return order[place]
    case 1: return nextOrder[place]
    default: return Self.order(of: count, seed: seed, epoch: epoch)[place]
    }
  }

  private static func order(of count: Int, seed: UInt64, epoch: Int) -> KeyedPermutation {
    KeyedPermutation(
      count: count, seed: seed, purpose: .batch, epoch: UInt32(truncatingIfNeeded: epoch))
  }
}
