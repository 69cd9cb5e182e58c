/// What a student should answer at noise step t so that one of its steps does what two of its
/// teacher's did: progressive distillation.
///
/// The teacher goes from x_t by two steps of DDIM with η = 0 to x_s. The student's one such step
/// lands there if it predicts x̃ = (x_s − (b_s/b_t)·x_t)/(a_s − (b_s/b_t)·a_t). Its error weighs
/// max(a²/b², 1) (``LossWeighting/Kind/truncatedSNR``).
///
/// Source: Salimans and Ho 2022, algorithm 2 and appendix G.
public struct Distillation: Sendable {
  private let process: NoiseProcess

  /// A student's steps.
  ///
  /// - Parameters:
  ///   - process: The forward process, of student and teacher.
  ///   - count: The student's number of steps; twice as many are the teacher's, at most T.
  /// - Throws: ``DiffusionError`` for a count out of range.
  public init(_ process: NoiseProcess, steps count: Int) throws(DiffusionError) {
    try DiffusionError.check(
      "the number of a student's steps", Double(count), from: 1, to: Double(process.steps / 2))
    self.process = process
    let visited = try NoiseStepSelection(count: 2 * count, spacing: .trailing)
      .list(of: process.steps)
    legs = (0..<count).map { leg in
      (visited[2 * leg], visited[2 * leg + 1], leg + 1 < count ? visited[2 * leg + 2] : 0)
    }
  }

  /// The three noise steps of each of the student's steps: t, the teacher's between, and the end.
  ///
  /// Visited from t to the end in one step, these are a student's; with the middle, a teacher's.
  /// So a student's steps are among its teacher's, and it may teach the next.
  public let legs: [(t: Int, middle: Int, end: Int)]

  /// The teacher's step from t to s, as it was described to the teacher.
  public func teacherStep(
    from t: Int, to s: Int, prediction: PredictionType
  ) -> StepCoefficients {
    StepCoefficients(
      DDIMSampler().step(from: t, to: s, in: process), in: process, prediction: prediction,
      clip: nil, inputScale: s == 0 ? 1 : process.inputScale(s))
  }

  /// x̃ as weights of (x_t, x_s).
  public func cleanTarget(from t: Int, to s: Int) -> LinearCombination {
    let (here, there) = (process.level(t), process.level(s))
    let share = there.noise / here.noise
    let scale = 1 / (there.signal - share * here.signal)
    return LinearCombination(-share * scale, scale)
  }

  /// What the student should predict at t, as weights of (x_t, x_s).
  public func target(
    _ prediction: PredictionType, from t: Int, to s: Int
  ) -> LinearCombination {
    let clean = cleanTarget(from: t, to: s)
    let conversion = process.conversion(from: .sample, to: prediction, at: t)
    return LinearCombination(
      conversion.first + conversion.second * clean.first, conversion.second * clean.second)
  }
}
