import Foundation

/// How much noise each step of a diffusion adds: β₁ … β_T and what follows from them.
///
/// A noise step t counts from 1 to T; t = 0 is clean data. Notation: α_t = 1 − β_t and
/// ᾱ_t = α_1 ⋯ α_t, so that x_t = √ᾱ_t·x_0 + √(1−ᾱ_t)·ε (Ho et al. 2020, equation 4).
public struct NoiseSchedule: Sendable, Hashable {
  /// β_t at index t − 1; T values, each in (0, 1).
  public let betas: [Double]
  /// ᾱ_t at index t; T + 1 values, decreasing from ᾱ₀ = 1.
  public let alphaBars: [Double]

  /// Creates a schedule from its betas.
  ///
  /// - Parameter betas: β₁ … β_T, at least one, each in (0, 1).
  /// - Throws: ``DiffusionError`` that names the first step with another value.
  public init(betas: [Double]) throws(DiffusionError) {
    try DiffusionError.check("the number of noise steps", Double(betas.count), from: 1)
    var alphaBars = [1.0]
    for (index, beta) in betas.enumerated() {
      guard beta > 0, beta < 1 else { throw .impossibleBeta(step: index + 1, value: beta) }
      alphaBars.append(alphaBars[index] * (1 - beta))
    }
    self.betas = betas
    self.alphaBars = alphaBars
  }

  /// T, the number of noise steps.
  public var steps: Int { betas.count }

  /// β_t, for t in 1…T.
  public func beta(_ t: Int) -> Double { betas[t - 1] }

  /// α_t = 1 − β_t, for t in 1…T.
  public func alpha(_ t: Int) -> Double { 1 - betas[t - 1] }

  /// ᾱ_t = α_1 ⋯ α_t, for t in 0…T.
  public func alphaBar(_ t: Int) -> Double { alphaBars[t] }

  /// The shares of signal and noise in x_t, for t in 0…T.
  public func level(_ t: Int) -> NoiseLevel { NoiseLevel(alphaBar: alphaBars[t]) }

  /// ᾱ_t / (1 − ᾱ_t), for t in 1…T.
  public func signalToNoise(_ t: Int) -> Double { alphaBars[t] / (1 - alphaBars[t]) }

  /// β_{t|s} = 1 − ᾱ_t/ᾱ_s: the noise that the way from s up to t adds, for 0 ≤ s < t ≤ T.
  public func beta(from s: Int, to t: Int) -> Double { 1 - alphaBars[t] / alphaBars[s] }

  /// The variance of x_s given x_t and x_0: (1−ᾱ_s)/(1−ᾱ_t)·β_{t|s}, for 0 ≤ s < t ≤ T.
  ///
  /// For s = t − 1 this is β̃_t (Ho et al. 2020, equation 7); for s = 0 it is 0.
  public func posteriorVariance(from t: Int, to s: Int) -> Double {
    (1 - alphaBars[s]) / (1 - alphaBars[t]) * beta(from: s, to: t)
  }

  /// The mean of x_s given x_0 and x_t, as weights (of x_0, of x_t), for 0 ≤ s < t ≤ T.
  ///
  /// √ᾱ_s·β_{t|s}/(1−ᾱ_t)·x_0 + √(ᾱ_t/ᾱ_s)·(1−ᾱ_s)/(1−ᾱ_t)·x_t (Ho et al. 2020, equation 7).
  public func posteriorMean(from t: Int, to s: Int) -> LinearCombination {
    let scale = 1 / (1 - alphaBars[t])
    return LinearCombination(
      alphaBars[s].squareRoot() * beta(from: s, to: t) * scale,
      (alphaBars[t] / alphaBars[s]).squareRoot() * (1 - alphaBars[s]) * scale)
  }
}
