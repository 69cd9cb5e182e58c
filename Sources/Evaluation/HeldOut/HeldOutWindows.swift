import Demonstrations
import Imitation

/// The recorded windows that a policy is judged by: those whose whole chunk was recorded, and of
/// many of them as many as asked for, evenly spread.
struct HeldOutWindows: Sendable {
  /// Where the windows of a block are written: features, and the images of each space.
  typealias Room = (
    observations: UnsafeMutableBufferPointer<Float>, images: [UnsafeMutableBufferPointer<Float>]
  )

  let data: WindowDataset
  /// Which windows.
  let indices: [Int]
  /// How many windows run past the end of their episode and are left out.
  let cutShort: Int

  /// - Throws: ``EvaluationError/missing(what:where:)`` where no chunk was recorded whole.
  init(_ data: WindowDataset, atMost limit: Int, path: String) throws {
    self.data = data
    let last = data.horizons.prediction - 1
    let whole = (0..<data.count).filter { window in
      window + last < data.count
        && data.origin(of: window + last).episode == data.origin(of: window).episode
    }
    guard !whole.isEmpty else {
      throw EvaluationError.missing(
        what: "episode as long as a chunk of \(last + 1) actions", where: path)
    }
    cutShort = data.count - whole.count
    let count = min(limit, whole.count)
    indices = (0..<count).map { whole[$0 * whole.count / count] }
  }

  /// The episode of each window.
  var episodes: [Int] { indices.map { data.origin(of: $0).episode } }

  /// Shows blocks of windows to compiled networks, one of them on each thread.
  ///
  /// Blocks are the same, and are delivered in the same order, on any number of threads.
  ///
  /// - Parameters:
  ///   - size: The windows of a block; the last one may have fewer.
  ///   - threads: How many work.
  ///   - network: Compiles what a thread works with, for so many windows.
  ///   - room: Where it takes its windows from.
  ///   - job: Answers a block: its places in ``indices``, and the chunks that were recorded.
  ///   - deliver: Takes the answers in order, on the calling thread.
  /// - Throws: What the closures throw.
  func forEachBlock<Network, Answer: Sendable>(
    of size: Int, threads: Int, network: @escaping @Sendable () throws -> Network,
    room: @escaping @Sendable (Network) -> Room,
    job: @escaping @Sendable (Network, Range<Int>, [Float]) throws -> Answer,
    deliver: (Range<Int>, Answer) throws -> Void
  ) throws {
    let count = indices.count
    @Sendable func places(_ block: Int) -> Range<Int> {
      block * size..<min((block + 1) * size, count)
    }
    try OrderedWork(threads: threads).run(count: (count + size - 1) / size, context: network) {
      network, block in
      try job(network, places(block), show(places(block), in: room(network)))
    } deliver: { block, answer in
      try deliver(places(block), answer)
      return true
    }
  }

  /// Writes a block's windows.
  ///
  /// - Returns: Its recorded chunks.
  private func show(_ places: Range<Int>, in room: Room) -> [Float] {
    let width = data.chunkWidth
    // Who looks at nothing has no room for it.
    let unseen = UnsafeMutableBufferPointer<Float>.allocate(capacity: data.observationWidth)
    defer { unseen.deallocate() }
    var chunks = [Float](repeating: 0, count: places.count * width)
    chunks.withUnsafeMutableBufferPointer { chunks in
      for (row, window) in indices[places].enumerated() {
        guard let chunk = chunks.baseAddress, let nowhere = unseen.baseAddress else { return }
        let seen = room.observations.baseAddress.map { $0 + row * data.observationWidth }
        data.gather(window: window, observation: seen ?? nowhere, action: chunk + row * width)
        for (index, pixels) in room.images.enumerated() {
          let count = data.horizons.observation * data.normalizer.images[index].count
          if let start = pixels.baseAddress {
            data.gather(window: window, image: index, into: start + row * count)
          }
        }
      }
    }
    return chunks
  }
}
