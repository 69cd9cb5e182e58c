public import EnvironmentInterface

extension Environment {
  /// Goes to where a recording was before a step: by its state or, in an ``ObservedStart``, by what
  /// was seen, with nothing moving.
  ///
  /// - Parameters:
  ///   - episode: The recording.
  ///   - step: Which step, from 0.
  /// - Throws: ``RecordingError/missing(what:)`` for a recording without either, and
  ///   `EnvironmentError` for values that are impossible here.
  public func restore(_ episode: Episode, at step: Int) throws {
    if let state = episode.states?.value(at: step), state.count == self.state.count {
      return try restore(state)
    }
    guard let environment = self as? any ObservedStart else {
      throw RecordingError.missing(what: "state of \(description.name) to start from")
    }
    var observation: ObservationFrame = [:]
    for name in environment.startObservations {
      guard let value = episode.observations[name]?.value(at: step) else {
        throw RecordingError.missing(what: "observation '\(name)' to start from")
      }
      observation[name] = .float32(value)
    }
    try environment.start(from: observation)
  }
}

extension Series {
  /// The numbers of one step; nil for images and steps that are not there.
  package func value(at step: Int) -> [Float]? {
    guard step >= 0, step < count else { return nil }
    let range = step * width..<(step + 1) * width
    switch elements {
    case .float32(let values): return Array(values[range])
    case .float64(let values): return values[range].map { Float($0) }
    default: return nil
    }
  }
}
