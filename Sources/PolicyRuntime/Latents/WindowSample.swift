internal import Neural

/// Some of a training's windows, to be looked at again and again: always the same.
struct WindowSample {
  /// Their chunks: windows × (Tp · A).
  let chunks: [Float]
  /// Their features: windows × (To · Do).
  let observations: [Float]
  /// For each image its pixels.
  let images: [[Float]]
  /// The number of windows.
  let count: Int

  /// Gathers them.
  ///
  /// - Parameters:
  ///   - windows: What they are of.
  ///   - limit: How many at most.
  /// - Throws: An error where windows cannot be read.
  init(_ windows: any TrainingWindows, atMost limit: Int = 256) throws {
    let shape = windows.shape
    let count = min(limit, windows.count)
    let order = try windows.order(batch: count, seed: 0)
    try order.prepare(step: 0)
    var chunks = [Float](repeating: 0, count: count * shape.chunkWidth)
    var observations = [Float](repeating: 0, count: count * shape.observationWidth)
    var images = shape.images.map { image in
      [Float](
        repeating: 0,
        count: count * shape.horizons.observation * image.height * image.width * image.channels)
    }
    let places = (0..<count).map { order.window(step: 0, row: $0) }
    chunks.withUnsafeMutableBufferPointer { chunks in
      observations.withUnsafeMutableBufferPointer { observations in
        guard let chunk = chunks.baseAddress, let seen = observations.baseAddress else { return }
        for (row, place) in places.enumerated() {
          windows.gather(
            place, observation: seen + row * shape.observationWidth,
            action: chunk + row * shape.chunkWidth)
        }
      }
    }
    for index in images.indices {
      let size = images[index].count / max(count, 1)
      images[index].withUnsafeMutableBufferPointer { pixels in
        guard let start = pixels.baseAddress else { return }
        for (row, place) in places.enumerated() {
          windows.gather(place, image: index, shift: .zero, into: start + row * size)
        }
      }
    }
    self.count = count
    self.chunks = chunks
    self.observations = observations
    self.images = images
  }

  /// Writes what is seen to a program's inputs.
  func show(
    _ observations: UnsafeMutableBufferPointer<Float>,
    _ images: [UnsafeMutableBufferPointer<Float>]
  ) {
    if observations.count >= self.observations.count {
      _ = observations.update(fromContentsOf: self.observations)
    }
    for (to, from) in zip(images, self.images) { _ = to.update(fromContentsOf: from) }
  }
}
