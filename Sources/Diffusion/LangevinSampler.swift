/// Annealed Langevin dynamics: at every noise level some steps up the score, with noise.
///
/// x' = x + (η_t/2)·score + √η_t·z with score = −ε̂/b_t and η_t = step·b_t², then, unless it is
/// left out, one step to x̂_0. For processes with a = 1 only. (The paper's ε is step·σ_1².)
///
/// Source: Song and Ermon 2019, algorithm 1; the last step: Jolicoeur-Martineau et al. 2021.
public struct LangevinSampler: Sampler, Hashable {
  /// How the dynamics are run; what configurations store.
  public struct Options: Codable, Sendable, Hashable {
    /// L, the steps at each noise level; at least 1.
    public var repeats: Int
    /// η_t/b_t², in (0, 4).
    ///
    /// With 2, the default, a step's mean is x̂_0, which while noise prevails hardly depends on
    /// where the step starts, so L steps follow the falling level best: over 50 levels of `ve`
    /// L = 5 keeps the variance of normal data of the normalised actions' size (σ_d from 0.1 to 1)
    /// within 4 %, over 50 of `karras` within 12 % (L = 10, or 100 levels: 6 %). With 0.2 it comes
    /// out a third too large.
    public var step: Double
    /// Whether a last step leads to x̂_0; without it the noise of the lowest level remains.
    public var denoises: Bool

    /// Creates options.
    public init(repeats: Int = 5, step: Double = 2, denoises: Bool = true) {
      self.repeats = repeats
      self.step = step
      self.denoises = denoises
    }
  }

  /// How the dynamics are run.
  public var options: Options
  /// The largest magnitude of the predicted clean sample of the last step, or nil for no clipping.
  public var clip: Double?

  /// Creates a sampler.
  public init(_ options: Options = Options(), clip: Double? = nil) {
    self.options = options
    self.clip = clip
  }

  /// All steps in order; repeated noise steps at the end (Diffusion-X) only denoise.
  public func steps(visiting noiseSteps: [Int], in process: NoiseProcess) -> [LinearStep] {
    pairs(noiseSteps).enumerated().flatMap { index, pair in
      let (t, s) = pair
      let denoise = LinearStep(from: t, to: 0, clean: 1)
      if index > 0, noiseSteps[index - 1] == t { return [denoise] }
      let noise = process.level(t).noise
      let move = LinearStep(
        from: t, to: t, state: 1, epsilon: -options.step * noise / 2,
        noise: options.step.squareRoot() * noise)
      let moves = [LinearStep](repeating: move, count: options.repeats)
      return s == 0 && options.denoises ? moves + [denoise] : moves
    }
  }
}
