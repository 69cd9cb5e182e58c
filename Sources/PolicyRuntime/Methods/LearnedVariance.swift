internal import Diffusion
internal import Foundation
internal import Neural

/// The hybrid loss of a denoiser that predicts its variances too: the simple loss of what it
/// predicts, and λ times the variational bound, from which the variances alone learn.
///
/// The bound is a sum over noise steps, so the term of one that was drawn with probability p_t
/// counts 1/p_t times.
///
/// Source: Nichol and Dhariwal 2021, equation 16, who have λ = 0.001 and count in bits.
struct LearnedVariance {
  /// What a noise step's term is made from: w, m, k, p, g, c of `stepVarianceBound`.
  let factors: [[Float]]

  /// - Parameters:
  ///   - process: The forward process.
  ///   - prediction: What the network predicts.
  ///   - table: How often each noise step is drawn.
  ///   - share: λ.
  init(
    _ process: NoiseProcess, prediction: PredictionType, table: NoiseStepTable, share: Double
  ) {
    let bound = VariationalBound(process)
    factors = (1...process.steps).map { t in
      let line = VarianceRange(from: t, to: t - 1, in: process).logLine
      let (posterior, weight) = bound.bestVariance(at: t)
      // How far x̂_0 is off where the prediction is off by 1.
      let error = process.conversion(from: prediction, to: .sample, at: t).second
      let rest = t > 1 ? -(log(posterior) + 1) / 2 : log(2 * .pi) / 2
      let probability = table.probabilities[t - 1]
      return [
        probability > 0 ? share / probability : 0, line.middle, line.slope, posterior,
        weight * error * error, rest,
      ].map { Float($0) }
    }
  }
}
