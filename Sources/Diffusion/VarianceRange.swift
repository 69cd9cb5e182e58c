import Foundation

/// The variances of a reverse step between which a network chooses:
/// Σ = exp(u·ln large + (1 − u)·ln small), u = (r + 1)/2 for its answer r.
///
/// Source: Nichol and Dhariwal 2021, equation 15.
public struct VarianceRange: Sendable, Hashable {
  /// The posterior's variance, right for data at a single point.
  ///
  /// From t = 1 to clean data, where it is 0, that of t = 2 stands in for it.
  public let small: Double
  /// The forward step's variance, right for data of unit variance.
  public let large: Double

  /// The range of the step from noise step t to s.
  public init(from t: Int, to s: Int, in process: NoiseProcess) {
    large = process.addedVariance(from: s, to: t)
    guard s == 0 else {
      small = process.posteriorVariance(from: t, to: s)
      return
    }
    // A process of a single step has no second; its only variance takes the place.
    let reference = max(t, 2)
    small =
      process.steps == 1
      ? large : process.posteriorVariance(from: reference, to: reference - 1)
  }

  /// ln Σ for u in [0, 1].
  public func logVariance(_ u: Double) -> Double { u * log(large) + (1 - u) * log(small) }

  /// ln Σ as middle + slope·r, with r = 2u − 1.
  public var logLine: (middle: Double, slope: Double) {
    ((log(large) + log(small)) / 2, (log(large) - log(small)) / 2)
  }
}
