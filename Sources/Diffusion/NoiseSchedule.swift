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
  public func beta(from s: Int, to t: Int) -> Double {
    NoiseProcess(self).addedVariance(from: s, to: t)
  }

  /// The variance of x_s given x_t and x_0: see ``NoiseProcess/posteriorVariance(from:to:)``.
  public func posteriorVariance(from t: Int, to s: Int) -> Double {
    NoiseProcess(self).posteriorVariance(from: t, to: s)
  }

  /// The mean of x_s given x_0 and x_t: see ``NoiseProcess/posteriorMean(from:to:)``.
  public func posteriorMean(from t: Int, to s: Int) -> LinearCombination {
    NoiseProcess(self).posteriorMean(from: t, to: s)
  }
}
