public import PolicyRuntime

extension WindowPlace {
  /// The steps before it and after it in its episode.
  fileprivate var surroundings: (before: Int, behind: Int) {
    (Int(record.load(as: Int32.self)), Int(record.load(fromByteOffset: 4, as: Int32.self)))
  }
}

extension WindowDataset {
  /// The steps before a window's own that it may need.
  var stepsBefore: Int { horizons.observation - 1 }

  /// The steps after a window's own that it may need.
  var stepsBehind: Int { horizons.prediction - 1 }

  /// Writes one window that is in memory; allocates nothing.
  ///
  /// - Parameters:
  ///   - place: Where it is.
  ///   - observation: Room for To × Do normalised features, oldest step first.
  ///   - action: Room for Tp × A normalised values, the decision's own step first.
  public func gather(
    _ place: WindowPlace, observation: UnsafeMutablePointer<Float>,
    action: UnsafeMutablePointer<Float>
  ) {
    let (before, behind) = place.surroundings
    let stride = records.layout.stride
    let features = place.record + StepLayout.featureOffset
    for row in 0..<horizons.observation {
      let step = min(before, stepsBefore - row)
      (observation + row * stepObservationWidth).update(
        from: (features - step * stride).assumingMemoryBound(to: Float.self),
        count: stepObservationWidth)
    }
    let actions = place.record + records.layout.actionOffset
    for row in 0..<horizons.prediction {
      (action + row * actionWidth).update(
        from: (actions + min(behind, row) * stride).assumingMemoryBound(to: Float.self),
        count: actionWidth)
    }
    takeDistances(observation, action)
  }

  /// Turns relative actions into distances from the position at the decision, and zeroes the
  /// features that networks are not shown.
  private func takeDistances(
    _ observation: UnsafeMutablePointer<Float>, _ action: UnsafeMutablePointer<Float>
  ) {
    let latest = observation + (horizons.observation - 1) * stepObservationWidth
    for pair in relative {
      let position = latest[pair.feature] * pair.ratio
      for row in 0..<horizons.prediction {
        action[row * actionWidth + pair.actionFeature] -= position
      }
    }
    for range in unseen {
      for row in 0..<horizons.observation {
        (observation + row * stepObservationWidth + range.lowerBound).update(
          repeating: 0, count: range.count)
      }
    }
  }

  /// Writes the images of one space of a window that is in memory; allocates nothing.
  ///
  /// - Parameters:
  ///   - place: Where it is.
  ///   - image: Which of the normaliser's images.
  ///   - shift: By how many pixels the pictures, or their middles, are moved, down and across;
  ///     edges are repeated.
  ///   - pixels: Room for To × height × width × channels values, oldest step first.
  public func gather(
    _ place: WindowPlace, image: Int, shift: SIMD2<Int>, into pixels: UnsafeMutablePointer<Float>
  ) {
    let (before, _) = place.surroundings
    let format = normalizer.images[image]
    let bytes = place.record + records.layout.imageOffsets[image]
    for row in 0..<horizons.observation {
      let step = min(before, stepsBefore - row)
      format.normalise(
        (bytes - step * records.layout.stride).assumingMemoryBound(to: UInt8.self),
        shiftedBy: shift, into: pixels + row * format.count)
    }
  }

  /// How many of a window's actions were recorded, 1 to Tp.
  public func recordedActions(_ place: WindowPlace) -> Int {
    min(place.surroundings.behind + 1, horizons.prediction)
  }

  /// The normalised chunks of all windows: windows × (Tp · A).
  ///
  /// - Throws: ``/PolicyRuntime/WindowError/scratch(folder:reason:)``.
  public func chunks() throws -> [Float] {
    let observation = UnsafeMutablePointer<Float>.allocate(capacity: max(1, observationWidth))
    defer { observation.deallocate() }
    return try [Float](unsafeUninitializedCapacity: count * chunkWidth) { chunks, filled in
      guard let start = chunks.baseAddress else { return }
      // Long enough that the steps around a block are few beside those in it.
      let length = max(8 * (stepsBefore + stepsBehind + 1), (1 << 20) / records.layout.stride)
      for first in stride(from: 0, to: count, by: length) {
        try withRecords(of: first..<min(first + length, count)) { place in
          gather(place, observation: observation, action: start + place.window * chunkWidth)
        }
      }
      filled = count * chunkWidth
    }
  }

  /// Calls `body` with the place of a window, which is read from disk if need be; with nil if that
  /// fails.
  func withRecord(of window: Int, _ body: (WindowPlace?) -> Void) {
    do {
      try withRecords(of: window..<window + 1) { body($0) }
    } catch {
      body(nil)
    }
  }

  /// Calls `body` with the place of each of some windows, which are read from disk if need be.
  private func withRecords(
    of windows: Range<Int>, _ body: (WindowPlace) -> Void
  ) throws(WindowError) {
    let stride = records.layout.stride
    if let base = records.base {
      for window in windows { body(WindowPlace(window: window, record: base + window * stride)) }
      return
    }
    let memory = try StepMemory(capacity: (windows.count + stepsBefore + stepsBehind) * stride)
    try read(windows, into: memory.start)
    for window in windows {
      let place = stepsBefore + window - windows.lowerBound
      body(WindowPlace(window: window, record: UnsafeRawPointer(memory.start + place * stride)))
    }
  }

  /// Reads the records of some windows and of the steps around them from disk, and scales them.
  ///
  /// - Parameters:
  ///   - windows: Which ones.
  ///   - memory: Room for ``stepsBefore``, the windows' own steps and ``stepsBehind``, of which
  ///     those outside the demonstrations stay as they are.
  /// - Throws: ``/PolicyRuntime/WindowError/scratch(folder:reason:)``.
  func read(_ windows: Range<Int>, into memory: UnsafeMutableRawPointer) throws(WindowError) {
    let layout = records.layout
    let steps = steps(around: windows)
    let start = memory + (steps.lowerBound - windows.lowerBound + stepsBefore) * layout.stride
    // Records that have more bytes until they are scaled are read aside.
    let aside =
      layout.rawExcess > 0 ? try StepMemory(capacity: steps.count * layout.rawStride) : nil
    let raw = aside?.start ?? start
    try records.scratch?.read(
      into: UnsafeMutableRawBufferPointer(start: raw, count: steps.count * layout.rawStride),
      at: steps.lowerBound * layout.rawStride)
    records.scaling.apply(
      to: start, from: UnsafeRawPointer(raw), count: steps.count, layout: layout)
  }

  /// The steps that some windows need.
  func steps(around windows: Range<Int>) -> Range<Int> {
    max(0, windows.lowerBound - stepsBefore)..<min(count, windows.upperBound + stepsBehind)
  }
}
