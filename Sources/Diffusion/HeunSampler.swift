/// Heun's method on the probability-flow equation: a step of second order for two questions each.
///
/// In y = x/a and σ = b/a the slope is d = (y − x̂_0)/σ. Euler's step goes to s and keeps d; there
/// the network is asked again, and y is moved on by (σ_s − σ_t)/2·(d_s − m). Euler's alone is the
/// step to clean data, and one over which σ falls further than ``largestFall``, such as a cosine
/// schedule's first: so long a way would multiply the error of the answers. In `flow`, where y does
/// not exist at t = T, x itself and s stand for y and σ: the slope is the velocity (x − x̂_0)/s.
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
      let (here, there) = (process.level(t), process.level(s))
      let fall = here.noise / size(here) / (there.noise / size(there))
      guard s > 0, fall <= largestFall else { return [euler] }
      euler.kept = slope(here)
      let half = (there.noise - here.noise * size(there) / size(here)) / 2
      let again = slope(there)
      let correction = LinearStep(
        from: s, to: s, state: 1 + half * again.state, clean: half * again.clean, memory: -half)
      return [euler, correction]
    }
  }
}
