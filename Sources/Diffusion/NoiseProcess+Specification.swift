import Foundation

extension NoiseProcess {
  /// What a process is made from beside a schedule; what configurations and checkpoints store.
  public struct Specification: Codable, Sendable, Hashable {
    /// The family.
    public var kind: Kind
    /// The smallest noise of `ve` and `karras`; nil for 0.02 and 0.002.
    public var sigmaMin: Double?
    /// The largest noise of `ve` and `karras`; nil for 10 and 80.
    public var sigmaMax: Double?
    /// ρ of `karras`, at least 1: how much denser the levels are where there is little noise.
    public var rho: Double

    /// Creates a specification.
    public init(
      kind: Kind = .vp, sigmaMin: Double? = nil, sigmaMax: Double? = nil, rho: Double = 7
    ) {
      self.kind = kind
      self.sigmaMin = sigmaMin
      self.sigmaMax = sigmaMax
      self.rho = rho
    }

    fileprivate func ends() throws(DiffusionError) -> (low: Double, high: Double) {
      let low = sigmaMin ?? (kind == .ve ? 0.02 : 0.002)
      let high = sigmaMax ?? (kind == .ve ? 10 : 80)
      try DiffusionError.check("sigmaMin", low, from: 1e-6, to: 1e6)
      try DiffusionError.check("sigmaMax", high, from: low, to: 1e6)
      return (low, high)
    }
  }

  /// Creates the process that a specification describes.
  ///
  /// - Parameters:
  ///   - specification: The family and its ends.
  ///   - schedule: T; and for `vp` the betas.
  ///   - dataDeviation: σ_d, the standard deviation of the data.
  /// - Throws: ``DiffusionError`` for options outside their range.
  public init(
    _ specification: Specification, schedule: NoiseSchedule.Specification,
    dataDeviation: Double = NoiseLevel.uniformDeviation
  ) throws(DiffusionError) {
    try DiffusionError.check("the deviation of the data", dataDeviation, from: 1e-9, to: 1e9)
    try DiffusionError.check(
      "the number of noise steps", Double(schedule.steps), from: 1, to: 100_000)
    if specification.kind == .vp {
      self.init(try NoiseSchedule(schedule), dataDeviation: dataDeviation)
      return
    }
    let (low, high) = try specification.ends()
    try DiffusionError.check("rho", specification.rho, from: 1, to: 100)
    let total = schedule.steps
    let noisy = (1...total).map { t in
      // Where step t stands on the way from the first to the last; the only one is the last.
      let fraction = total == 1 ? 1 : Double(t - 1) / Double(total - 1)
      switch specification.kind {
      case .flow:
        let s = Double(t) / Double(total)
        return NoiseLevel(signal: 1 - s, noise: s)
      case .karras:
        let (first, last) = (pow(low, 1 / specification.rho), pow(high, 1 / specification.rho))
        return NoiseLevel(
          signal: 1, noise: pow(first + fraction * (last - first), specification.rho))
      case .vp, .ve:
        return NoiseLevel(signal: 1, noise: low * pow(high / low, fraction))
      }
    }
    self.init(
      specification.kind, levels: [.clean] + noisy, dataDeviation: dataDeviation)
  }
}
