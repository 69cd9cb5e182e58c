internal import Neural

extension Policy {
  /// Decides for one window in the caller's memory, and allocates nothing: for control loops that
  /// must never wait for the system.
  ///
  /// ```swift
  /// var actions = [Double](repeating: 0, count: policy.horizons.action * 2)
  /// var room = actions.mutableSpan
  /// try policy.act(numbers: state.span, key: DecisionKey(seed: 7, step: step), into: &room)
  /// ```
  ///
  /// Pictures that are brought to another size or form need memory on the way.
  ///
  /// - Parameters:
  ///   - numbers: Steps × ``Normalizer/observationWidth`` values in the environment's units, oldest
  ///     step first, within a step in the order of ``Normalizer/observations``; of 1…To steps, the
  ///     first of which is repeated where there are fewer than To.
  ///   - images: For each of ``Normalizer/images`` in turn the bytes of as many steps, oldest
  ///     first.
  ///   - key: The randomness; the answer is that of ``actions(_:keys:)``.
  ///   - actions: Where to write actions × A values; room for more than `horizons.action` actions
  ///     gets more of the chunk, at most all `horizons.planned`.
  /// - Throws: ``ImitationError/malformedWindow(reason:)`` for lengths that do not fit,
  ///   ``WindowError`` for values that are not finite or far from all that was demonstrated.
  public func act(
    numbers: Span<Double>, images: Span<UInt8> = Span(), key: DecisionKey,
    into actions: inout MutableSpan<Double>
  ) throws {
    WorkerPool.prepareThread()
    let steps = try steps(numbers: numbers.count, images: images.count)
    try numbers.withUnsafeBufferPointer { numbers in
      try images.withUnsafeBufferPointer { try write(numbers, images: $0, steps: steps) }
    }
    let width = checkpoint.normalizer.actionWidth
    guard actions.count % width == 0, (1...horizons.planned).contains(actions.count / width)
    else {
      throw ImitationError.malformedWindow(
        reason: "there is room for \(actions.count) values of actions, but it must be for"
          + " \(width) values of 1…\(horizons.planned) actions")
    }
    let chunks = withUnsafePointer(to: key) {
      decider.decide(UnsafeBufferPointer(start: $0, count: 1))
    }
    try actions.withUnsafeMutableBufferPointer {
      try write(actionsOf: chunks, row: 0, into: $0)
    }
  }

  /// How many steps are given, by the number of values.
  private func steps(numbers: Int, images: Int) throws -> Int {
    let normalizer = checkpoint.normalizer
    let bytes = normalizer.images.reduce(0) { $0 + $1.recordedCount }
    let width = normalizer.observationWidth
    let steps = width > 0 ? numbers / width : bytes > 0 ? images / bytes : 0
    guard (1...observationHorizon).contains(steps), numbers == steps * width,
      images == steps * bytes
    else {
      throw ImitationError.malformedWindow(
        reason: "\(numbers) numbers and \(images) bytes of pictures are given, but it must be"
          + " \(width) and \(bytes) for each of 1…\(observationHorizon) steps")
    }
    return steps
  }

  private func write(
    _ numbers: UnsafeBufferPointer<Double>, images: UnsafeBufferPointer<UInt8>, steps: Int
  ) throws {
    let normalizer = checkpoint.normalizer
    let width = normalizer.observationWidth
    for step in 0..<observationHorizon {
      let given = max(0, step - (observationHorizon - steps))
      try normalizer.write(
        featuresOf: UnsafeBufferPointer(rebasing: numbers[given * width..<(given + 1) * width]),
        into: rows.features(step: step, row: 0))
      rows.hideUnseen(step: step, row: 0)
      var start = 0
      for (image, format) in normalizer.images.enumerated() {
        let first = start + given * format.recordedCount
        try format.write(
          UnsafeBufferPointer(rebasing: images[first..<first + format.recordedCount]),
          into: rows.pixels(image: image, step: step, row: 0))
        start += steps * format.recordedCount
      }
    }
    rows.notePosition(UnsafeBufferPointer(rebasing: numbers[((steps - 1) * width)...]), row: 0)
  }
}
