import Foundation

/// DPM-Solver++ (2M): a step of second order for one question each, from the last two answers.
///
/// With λ = ln(a/b), h = λ_s − λ_t, r = h_before/h and D = x̂_0 + (x̂_0 − m)/(2r), where m is x̂_0
/// as it was before: x_s = (b_s/b_t)·x − a_s·(e^(−h) − 1)·D. The first step and the one to clean
/// data are of first order, and in `flow`, where the first h is infinite, the second too.
///
/// Source: Lu et al., "DPM-Solver++", 2022, algorithm 2.
public struct DPMSolverSampler: Sampler, Hashable {
  /// The largest magnitude of the predicted clean sample, or nil for no clipping.
  public var clip: Double?

  /// Creates a sampler.
  public init(clip: Double? = nil) {
    self.clip = clip
  }

  /// All steps in order.
  public func steps(visiting noiseSteps: [Int], in process: NoiseProcess) -> [LinearStep] {
    var before = Double.infinity
    return pairs(noiseSteps).map { t, s in
      var step = LinearStep.straight(from: t, to: s, in: process)
      step.kept = .init(clean: 1)
      let h = logRatio(process.level(s)) - logRatio(process.level(t))
      if s > 0, before.isFinite {
        let slope = step.clean * h / (2 * before)
        step.clean += slope
        step.memory = -slope
      }
      before = h
      return step
    }
  }

  /// λ; −∞ where no signal is left, ∞ for clean data.
  private func logRatio(_ level: NoiseLevel) -> Double { log(level.signal / level.noise) }
}
