import Foundation

/// The bound on −ln p(x_0), a value: L_T + Σ L_{t−1} + L_0, each term in nats.
///
/// A reverse step's mean is off by the weight of x_0 in the posterior's mean times the error of
/// x̂_0, so a term depends on that error and on the variance alone.
///
/// Source: Ho et al. 2020, equation 5; the last term is a normal density instead of their
/// discretised one.
public struct VariationalBound: Sendable, Hashable {
  /// The forward process.
  public let process: NoiseProcess

  /// The bound of a process.
  public init(_ process: NoiseProcess) {
    self.process = process
  }

  /// L_T: how far q(x_T | x_0) is from what sampling starts with.
  ///
  /// - Parameter clean: x_0.
  /// - Returns: Nats.
  public func priorTerm(_ clean: Double) -> Double {
    let level = process.level(process.steps)
    let start = process.startDeviation(process.steps)
    let unit = start * start
    return
      (log(unit / level.noisePower)
      + (level.noisePower + level.signalPower * clean * clean) / unit - 1) / 2
  }

  /// L_{t−1} for t ≥ 2, the divergence of the model's step from the posterior's; L_0 for t = 1, the
  /// negative logarithm of the model's density at x_0.
  ///
  /// - Parameters:
  ///   - t: The noise step, in 1…T.
  ///   - squaredError: (x_0 − x̂_0)², or its mean.
  ///   - logVariance: ln Σ, the model's variance.
  /// - Returns: Nats.
  public func term(at t: Int, squaredError: Double, logVariance: Double) -> Double {
    let spread = spread(at: t, squaredError: squaredError) / exp(logVariance)
    guard t > 1 else { return (log(2 * .pi) + logVariance + spread) / 2 }
    let posterior = process.posteriorVariance(from: t, to: t - 1)
    return (logVariance - log(posterior) + spread - 1) / 2
  }

  /// The derivative of ``term(at:squaredError:logVariance:)`` by ln Σ.
  public func slope(at t: Int, squaredError: Double, logVariance: Double) -> Double {
    (1 - spread(at: t, squaredError: squaredError) / exp(logVariance)) / 2
  }

  /// The weight of (x_0 − x̂_0)² in what Σ should be; and the posterior's variance, the rest of it.
  public func bestVariance(at t: Int) -> (posterior: Double, share: Double) {
    let share = process.posteriorMean(from: t, to: t - 1).first
    return (process.posteriorVariance(from: t, to: t - 1), share * share)
  }

  /// The mean square of x_{t−1} about the model's mean, which is the variance that is best.
  private func spread(at t: Int, squaredError: Double) -> Double {
    let (posterior, share) = bestVariance(at: t)
    return posterior + share * squaredError
  }
}
