public import Naming

/// Which noise steps a sampler visits: all of them, or a chosen number, and how they are spread.
public struct NoiseStepSelection: Codable, Sendable, Hashable {
  /// How fewer than all noise steps are spread over 1…T.
  public enum Spacing: String, NamedChoice {
    /// Evenly from T to 1, both included.
    case even
    /// 1, 1+⌊T/n⌋, 1+2⌊T/n⌋ …: ends at 1 but starts short of T, as other libraries do by default.
    case leading
    /// T, T−T/n, T−2T/n …: starts at T, and the last step leaps from T/n to clean data.
    case trailing

    /// What is chosen, for messages.
    public static var kindOfChoice: String { "spacing of sampling steps" }
  }

  /// How many noise steps are visited, in 1…T; nil for all.
  public var count: Int?
  /// How they are spread when there are fewer than T.
  public var spacing: Spacing
  /// M, the steps held at t = 1 after the last: Diffusion-X.
  ///
  /// Source: Pearce et al. 2023, section 4.
  public var extraSteps: Int

  /// Creates a choice of noise steps.
  public init(count: Int? = nil, spacing: Spacing = .even, extraSteps: Int = 0) {
    self.count = count
    self.spacing = spacing
    self.extraSteps = extraSteps
  }

  /// The noise steps in the order in which they are visited: decreasing, then the extra ones.
  ///
  /// - Parameter total: T, the schedule's number of noise steps.
  /// - Returns: The noise steps, each in 1…T.
  /// - Throws: ``DiffusionError`` for a count outside 1…T or a negative number of extra steps.
  public func list(of total: Int) throws(DiffusionError) -> [Int] {
    let count = count ?? total
    try DiffusionError.check(
      "the number of sampling steps", Double(count), from: 1, to: Double(total))
    try DiffusionError.check("the number of extra steps", Double(extraSteps), from: 0, to: 100_000)
    let noiseSteps = (0..<count).map { index in
      // Counted from the noisy end: 0 is the first step that is visited.
      switch spacing {
      case .even: total - rounded((total - 1) * index, by: max(count - 1, 1))
      case .leading: 1 + total / count * (count - 1 - index)
      case .trailing: total - rounded(total * index, by: count)
      }
    }
    return noiseSteps + [Int](repeating: 1, count: extraSteps)
  }

  /// The quotient of whole numbers, rounded to the nearest; halves up.
  private func rounded(_ numerator: Int, by denominator: Int) -> Int {
    (2 * numerator + denominator) / (2 * denominator)
  }
}

/// The former name of ``NoiseStepSelection``.
@available(*, deprecated, renamed: "NoiseStepSelection")
public typealias SamplingTimes = NoiseStepSelection
