/// One reverse step in the words of the papers: weights of what the network makes known of x_t.
///
/// x' = state·x + clean·x̂_0 + epsilon·ε̂ + memory·m + noise·z, where m is what an earlier step
/// kept and z standard normal noise. With clipping, x̂_0 is the clipped one; ε̂ stays as it was
/// predicted.
public struct LinearStep: Sendable, Hashable {
  /// What a step leaves for the next one to remember: state·x + clean·x̂_0, of the old x.
  public struct Memory: Sendable, Hashable {
    /// The weight of x.
    public var state: Double
    /// The weight of x̂_0.
    public var clean: Double

    /// Creates weights.
    public init(state: Double = 0, clean: Double = 0) {
      self.state = state
      self.clean = clean
    }
  }

  /// The noise step t, in 1…T, for which the network is asked.
  public var noiseStep: Int
  /// The noise step s at which x' stands; 0 for clean data.
  public var next: Int
  /// The weight of x.
  public var state: Double
  /// The weight of x̂_0.
  public var clean: Double
  /// The weight of ε̂.
  public var epsilon: Double
  /// The weight of what an earlier step kept.
  public var memory: Double
  /// The weight of the noise: its standard deviation.
  public var noise: Double
  /// What is kept; nil for nothing, which leaves an earlier memory as it is.
  public var kept: Memory?
  /// The variances between which a network that predicts its variance chooses; nil for ``noise``.
  public var variances: VarianceRange?

  /// Creates a step from noise step t to s; what is not given is 0.
  public init(
    from t: Int, to s: Int, state: Double = 0, clean: Double = 0, epsilon: Double = 0,
    memory: Double = 0, noise: Double = 0, kept: Memory? = nil, variances: VarianceRange? = nil
  ) {
    noiseStep = t
    next = s
    self.state = state
    self.clean = clean
    self.epsilon = epsilon
    self.memory = memory
    self.noise = noise
    self.kept = kept
    self.variances = variances
  }

  /// The straight way from x_t through x̂_0: (b_s/b_t)·x + (a_s − a_t·b_s/b_t)·x̂_0.
  ///
  /// It is DDIM with η = 0 and ε̂ taken from the (clipped) x̂_0, Euler's step in b/a, and the step
  /// of first order of DPM-Solver++.
  static func straight(from t: Int, to s: Int, in process: NoiseProcess) -> LinearStep {
    let (here, there) = (process.level(t), process.level(s))
    let share = there.noise / here.noise
    return LinearStep(
      from: t, to: s, state: share, clean: there.signal - here.signal * share)
  }
}
