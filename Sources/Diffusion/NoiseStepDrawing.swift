import Foundation
public import Naming

/// How training draws the noise step t: a table of T probabilities.
///
/// `importance` draws what weighs much more often and divides the probability out of the weight
/// again, so that the gradient stays what it was on average. `log-normal` and `beta` are emphasis,
/// as their authors have it: nothing is divided out.
public struct NoiseStepDrawing: Codable, Sendable, Hashable {
  /// The rules.
  public enum Kind: String, NamedChoice {
    /// Every noise step equally often.
    case uniform
    /// In proportion to the loss weight, which becomes w_t/(T·p_t) (Nichol and Dhariwal 2021).
    case importance
    /// ln(b/a) normally distributed (Karras et al. 2022, table 1).
    case logNormal = "log-normal"
    /// t/T distributed as Beta(α, β) (Black et al. 2024, "π0", appendix B).
    case beta

    /// What is chosen, for messages.
    public static var kindOfChoice: String { "drawing of noise steps" }
  }

  /// The rule.
  public var kind: Kind
  /// The mean of ln σ under `log-normal`.
  public var mean: Double
  /// The standard deviation of ln σ under `log-normal`.
  public var deviation: Double
  /// α of `beta`; the larger, the more noise.
  public var alpha: Double
  /// β of `beta`; the larger, the less noise.
  public var beta: Double

  /// Creates a rule; the numbers are the authors'.
  public init(
    _ kind: Kind = .uniform, mean: Double = -1.2, deviation: Double = 1.2, alpha: Double = 1.5,
    beta: Double = 1
  ) {
    self.kind = kind
    self.mean = mean
    self.deviation = deviation
    self.alpha = alpha
    self.beta = beta
  }

  /// The table for a process.
  ///
  /// - Parameters:
  ///   - process: The forward process.
  ///   - weights: The loss weight of each noise step, t = 1 first.
  /// - Returns: The table.
  /// - Throws: ``DiffusionError`` for options outside their range, and for `log-normal` with
  ///   `flow`.
  public func table(
    of process: NoiseProcess, weights: [Double]
  ) throws(DiffusionError) -> NoiseStepTable {
    let total = Double(process.steps)
    switch kind {
    case .uniform:
      return NoiseStepTable(masses: weights.map { _ in 1 }, factors: weights)
    case .importance:
      let mean = weights.reduce(0, +) / total
      return NoiseStepTable(masses: weights, factors: weights.map { $0 > 0 ? mean : 0 })
    case .logNormal:
      return NoiseStepTable(masses: try logNormalMasses(process), factors: weights)
    case .beta:
      for (name, value) in [("alpha", alpha), ("beta", beta)] {
        try DiffusionError.check(name, value, from: 0.01, to: 1000)
      }
      let bounds = (0...process.steps).map { betaShare(below: Double($0) / total) }
      return NoiseStepTable(
        masses: zip(bounds.dropFirst(), bounds).map { $0 - $1 }, factors: weights)
    }
  }

  /// The mass of each level's cell: cells end half-way in ln σ, and the outer ones are unbounded.
  private func logNormalMasses(_ process: NoiseProcess) throws(DiffusionError) -> [Double] {
    guard process.kind != .flow else {
      throw .mismatch(
        kind: Kind.kindOfChoice, name: kind.rawValue, other: "process 'flow'",
        fitting: Kind.allCases.filter { $0 != .logNormal }.map(\.rawValue))
    }
    try DiffusionError.check("the deviation of ln sigma", deviation, from: 1e-3, to: 1000)
    let logs = process.levels.dropFirst().map { log($0.noise / $0.signal) }
    let edges = zip(logs, logs.dropFirst()).map { ($0 + $1) / 2 }
    let shares = edges.map { erfc((mean - $0) / (deviation * 2.squareRoot())) / 2 }
    return zip(shares + [1], [0] + shares).map { $0 - $1 }
  }

  /// The share of Beta(α, β) below x, by its continued fraction, summed from its tail (Abramowitz
  /// and Stegun 1964, formula 26.5.8).
  private func betaShare(below x: Double) -> Double {
    guard x > 0 else { return 0 }
    guard x < 1 else { return 1 }
    // The fraction converges where x lies below about the mean; above, the mirrored one does.
    if x > (alpha + 1) / (alpha + beta + 2) {
      return 1 - NoiseStepDrawing(.beta, alpha: beta, beta: alpha).betaShare(below: 1 - x)
    }
    var fraction = 1.0
    for m in stride(from: 400, through: 1, by: -1) {
      let m = Double(m)
      let even = m * (beta - m) * x / ((alpha + 2 * m - 1) * (alpha + 2 * m))
      let odd = -(alpha + m) * (alpha + beta + m) * x / ((alpha + 2 * m) * (alpha + 2 * m + 1))
      fraction = 1 + even / (1 + odd / fraction)
    }
    fraction = 1 - (alpha + beta) * x / (alpha + 1) / fraction
    let scale = lgamma(alpha + beta) - lgamma(alpha) - lgamma(beta)
    return exp(scale + alpha * log(x) + beta * log(1 - x)) / (alpha * fraction)
  }
}

/// The probabilities of the noise steps and what the squared error of each is multiplied by.
public struct NoiseStepTable: Sendable, Hashable {
  /// p_t at index t − 1; they sum to 1.
  public let probabilities: [Double]
  /// What the squared error at t is multiplied by, at index t − 1.
  public let factors: [Double]
  private let cumulative: [Double]

  /// - Parameters:
  ///   - masses: The probabilities up to a common factor.
  ///   - factors: The loss factors.
  init(masses: [Double], factors: [Double]) {
    let sum = masses.reduce(0, +)
    probabilities = masses.map { $0 / sum }
    self.factors = factors
    var below = 0.0
    cumulative = probabilities.map {
      below += $0
      return below
    }
  }

  /// The noise step of a uniform number u in [0, 1): the first t with p_1 + … + p_t > u.
  public func noiseStep(at u: Double) -> Int {
    let target = u * (cumulative.last ?? 1)
    var (low, high) = (0, cumulative.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle] > target { high = middle } else { low = middle + 1 }
    }
    return low + 1
  }
}
