/// Heun's method on the probability-flow equation: a step of second order for two questions each.
///
/// In y = x/a and σ = b/a the slope is d = (y − x̂_0)/σ. Euler's step goes to s and keeps d; there
/// the network is asked again, and y is moved on by (σ_s − σ_t)/2·(d_s − m). The step to clean
/// data is Euler's alone, so n noise steps take 2n − 1 questions; so is one over which σ falls
/// further than ``largestFall``, such as the first of a cosine schedule, from σ = 1,000 to 10:
/// half of that way times a difference of slopes is no correction but the error of the first
/// answer. In `flow`, where y does not exist at t = T, the same is done with x itself and s in
/// place of σ: its slope is the velocity (x − x̂_0)/s.
///
/// Source: Karras et al. 2022, algorithm 1 (without its churn).
public struct HeunSampler: Sampler, Hashable {
  /// The largest magnitude of the predicted clean sample, or nil for no clipping.
  public var clip: Double?
  /// The largest σ_t/σ_s of a step that is corrected; infinite for Karras' algorithm to the letter.
  public var largestFall: Double

  /// Creates a sampler.
  public init(clip: Double? = nil, largestFall: Double = 20) {
    self.clip = clip
    self.largestFall = largestFall
  }

  /// All steps in order.
  public func steps(visiting noiseSteps: [Int], in process: NoiseProcess) -> [LinearStep] {
    // y = x/r and τ = b/r with r = a, or r = a + b where the way is straight.
    let extra = process.kind == .flow ? 1.0 : 0
    func size(_ level: NoiseLevel) -> Double { level.signal + extra * level.noise }
    func slope(_ level: NoiseLevel) -> LinearStep.Memory {
      .init(state: 1 / level.noise, clean: -size(level) / level.noise)
    }
    return pairs(noiseSteps).flatMap { t, s in
      var euler = LinearStep.straight(from: t, to: s, in: process)
      guard s > 0 else { return [euler] }
      let (here, there) = (process.level(t), process.level(s))
      let fall = here.noise / size(here) / (there.noise / size(there))
      guard fall <= largestFall else { return [euler] }
      euler.kept = slope(here)
      let half = (there.noise - here.noise * size(there) / size(here)) / 2
      let again = slope(there)
      let correction = LinearStep(
        from: s, to: s, state: 1 + half * again.state, clean: half * again.clean, memory: -half)
      return [euler, correction]
    }
  }
}
