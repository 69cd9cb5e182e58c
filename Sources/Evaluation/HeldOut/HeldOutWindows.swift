import Imitation

/// The recorded windows that a policy is judged by: those whose whole chunk was recorded, and of
/// many of them as many as asked for, evenly spread.
struct HeldOutWindows {
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

  /// Calls `body` with blocks of places in ``indices``, with the chunks that were recorded, after
  /// their observations have been written.
  func forEachBlock(
    of capacity: Int, observations: UnsafeMutableBufferPointer<Float>,
    images: [UnsafeMutableBufferPointer<Float>],
    _ body: (_ places: Range<Int>, _ chunks: [Float]) throws -> Void
  ) rethrows {
    let width = data.chunkWidth
    // Who looks at nothing has no room for it.
    let unseen = UnsafeMutableBufferPointer<Float>.allocate(capacity: data.observationWidth)
    defer { unseen.deallocate() }
    for start in stride(from: 0, to: indices.count, by: capacity) {
      let places = start..<min(start + capacity, indices.count)
      var chunks = [Float](repeating: 0, count: places.count * width)
      chunks.withUnsafeMutableBufferPointer { chunks in
        for (row, window) in indices[places].enumerated() {
          guard let chunk = chunks.baseAddress, let nowhere = unseen.baseAddress else { return }
          let seen = observations.baseAddress.map { $0 + row * data.observationWidth }
          data.gather(
            window: window, observation: seen ?? nowhere, action: chunk + row * width)
          for (index, pixels) in images.enumerated() {
            let count = data.horizons.observation * data.normalizer.images[index].count
            if let start = pixels.baseAddress {
              data.gather(window: window, image: index, into: start + row * count)
            }
          }
        }
      }
      try body(places, chunks)
    }
  }
}
