/// Repeats a piece of work for a while and keeps how long each repetition took.
struct SpeedTimer {
  /// How long it is repeated, after a warm-up of a tenth of that and at least three times.
  var seconds: Double
  /// The least number of repetitions that count.
  static let leastRepetitions = 5

  /// The durations of the repetitions that count, in milliseconds.
  struct Times {
    var milliseconds: [Double]

    var median: Double {
      let sorted = milliseconds.sorted()
      let middle = sorted.count / 2
      return sorted.count.isMultiple(of: 2)
        ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }

    /// The smallest time that at least this share of all do not exceed.
    func quantile(_ share: Double) -> Double {
      let sorted = milliseconds.sorted()
      let rank = Int((share * Double(sorted.count)).rounded(.up))
      return sorted.isEmpty ? 0 : sorted[min(max(rank, 1), sorted.count) - 1]
    }

    var minimum: Double { milliseconds.min() ?? 0 }
  }

  /// Times the work.
  ///
  /// - Parameter body: The work; it is told how often it was done before.
  /// - Returns: The times.
  func measure(_ body: (Int) throws -> Void) rethrows -> Times {
    let clock = ContinuousClock()
    var count = 0
    let warmth = clock.now + .seconds(seconds / 10)
    while count < 3 || clock.now < warmth {
      try body(count)
      count += 1
    }
    var times: [Double] = []
    let end = clock.now + .seconds(seconds)
    while times.count < Self.leastRepetitions || clock.now < end {
      let start = clock.now
      try body(count)
      times.append((clock.now - start) / .milliseconds(1))
      count += 1
    }
    return Times(milliseconds: times)
  }
}
