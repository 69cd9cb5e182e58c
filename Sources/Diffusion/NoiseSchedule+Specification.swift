import Foundation
public import Naming

extension NoiseSchedule {
  /// The families of schedules.
  public enum Kind: String, NamedChoice {
    /// β grows linearly from ``Specification/betaStart`` to ``Specification/betaEnd`` (Ho et al.
    /// 2020).
    case linear
    /// √β grows linearly (Rombach et al. 2022).
    case scaledLinear = "scaled-linear"
    /// ᾱ falls as a squared cosine, β clipped to 0.999; has no betas to choose (Nichol and Dhariwal
    /// 2021, equation 17).
    case cosine

    /// What is chosen, for messages.
    public static var kindOfChoice: String { "noise schedule" }
  }

  /// What a schedule is made from; what configurations and checkpoints store.
  public struct Specification: Codable, Sendable, Hashable {
    /// The family.
    public var kind: Kind
    /// T, the number of noise steps; at least 1.
    public var steps: Int
    /// β₁ of the linear families.
    public var betaStart: Double
    /// β_T of the linear families.
    ///
    /// With the usual 1e−4 and 0.02 the linear schedule needs about 1,000 steps to arrive at pure
    /// noise: at 50 steps ᾱ_T is still 0.6.
    public var betaEnd: Double

    /// Creates a specification.
    public init(
      kind: Kind = .cosine, steps: Int = 50, betaStart: Double = 1e-4, betaEnd: Double = 0.02
    ) {
      self.kind = kind
      self.steps = steps
      self.betaStart = betaStart
      self.betaEnd = betaEnd
    }
  }

  /// Creates the schedule that a specification describes.
  ///
  /// - Parameter specification: The family, its length and its ends.
  /// - Throws: ``DiffusionError`` for fewer than one step or betas outside (0, 1).
  public init(_ specification: Specification) throws(DiffusionError) {
    try DiffusionError.check(
      "the number of noise steps", Double(specification.steps), from: 1, to: 100_000)
    let low = specification.betaStart
    let high = specification.betaEnd
    // Where step t stands on the way from the first to the last.
    let last = Double(max(specification.steps - 1, 1))
    let fractions = (0..<specification.steps).map { Double($0) / last }
    switch specification.kind {
    case .linear:
      try self.init(betas: fractions.map { low + (high - low) * $0 })
    case .scaledLinear:
      let (low, high) = (low.squareRoot(), high.squareRoot())
      try self.init(betas: fractions.map { pow(low + (high - low) * $0, 2) })
    case .cosine:
      let total = Double(specification.steps)
      func alphaBar(_ t: Double) -> Double { pow(cos((t / total + 0.008) / 1.008 * .pi / 2), 2) }
      try self.init(
        betas: (0..<specification.steps).map {
          min(1 - alphaBar(Double($0 + 1)) / alphaBar(Double($0)), 0.999)
        })
    }
  }
}
