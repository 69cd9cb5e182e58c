import Diffusion
import Foundation
import Randomness
import TestSupport
import Testing

/// Normally distributed data: the best prediction has a closed form, so every sampler that is given
/// it must return the data's distribution.
@Suite struct GaussianTests {
  /// Data x_0 ~ N(mean, deviation²).
  struct Gaussian {
    var mean: Double
    var deviation: Double

    /// The mean and variance of x_t.
    func marginal(_ level: NoiseLevel) -> (mean: Double, variance: Double) {
      (level.signal * mean, pow(level.signal * deviation, 2) + pow(level.noise, 2))
    }

    /// The best prediction for x_t is slope·x_t + offset, from E[x_0 | x_t] and the definitions.
    func prediction(
      _ type: PredictionType, _ level: NoiseLevel
    ) -> (slope: Double, offset: Double) {
      let variance = marginal(level).variance
      let slope = level.signal * deviation * deviation / variance
      let offset = level.noise * level.noise * mean / variance
      let noise = ((1 - level.signal * slope) / level.noise, -level.signal * offset / level.noise)
      return switch type {
      case .sample: (slope, offset)
      case .epsilon: noise
      case .velocity:
        (
          level.signal * noise.0 - level.noise * slope,
          level.signal * noise.1 - level.noise * offset
        )
      case .score: (-noise.0 / level.noise, -noise.1 / level.noise)
      }
    }
  }

  static let gaussians = [
    Gaussian(mean: 0.5, deviation: 0.3), Gaussian(mean: -0.8, deviation: 0.7),
    Gaussian(mean: 0, deviation: 1),
  ]

  static let samplers: [SamplerSpecification] = [
    SamplerSpecification(kind: .ddpm, ddpmVariance: .small),
    SamplerSpecification(kind: .ddpm, ddpmVariance: .large),
    SamplerSpecification(kind: .ddim, eta: 0),
    SamplerSpecification(kind: .ddim, eta: 0.5),
    SamplerSpecification(kind: .ddim, eta: 1),
    SamplerSpecification(kind: .ddim, ddimVariance: .simple, eta: 1),
  ]

  static func schedule(_ kind: NoiseSchedule.Kind, _ steps: Int) throws -> NoiseSchedule {
    // The linear ends of 1,000 steps, scaled so that any number of steps arrives at noise.
    try NoiseSchedule(
      .init(
        kind: kind, steps: steps, betaStart: 0.1 / Double(steps), betaEnd: 20 / Double(steps)))
  }

  /// The exact mean and variance of what a plan returns when it starts from the true x_T.
  static func result(
    _ plan: SamplingPlan, _ gaussian: Gaussian, _ schedule: NoiseSchedule, _ type: PredictionType
  ) -> (mean: Double, variance: Double) {
    var (mean, variance) = gaussian.marginal(schedule.level(plan.steps.first?.time ?? 0))
    for step in plan.steps {
      let (slope, offset) = gaussian.prediction(type, schedule.level(step.time))
      let c = step.coefficients
      let gain = Double(c.state) + Double(c.prediction) * slope
      mean = gain * mean + Double(c.prediction) * offset
      variance = gain * gain * variance + Double(c.noise) * Double(c.noise)
    }
    return (mean, variance)
  }

  @Test(arguments: samplers, NoiseSchedule.Kind.allCases)
  func `the error vanishes as the steps become finer`(
    specification: SamplerSpecification, kind: NoiseSchedule.Kind
  ) throws {
    for type in PredictionType.allCases {
      for gaussian in Self.gaussians {
        let errors = try [500, 2000].map { steps in
          let schedule = try Self.schedule(kind, steps)
          let plan = try specification.plan(schedule: schedule, prediction: type)
          let (mean, variance) = Self.result(plan, gaussian, schedule, type)
          expectClose(mean, gaussian.mean, absolute: 2e-4, "mean after \(steps) steps of \(type)")
          return abs(variance / pow(gaussian.deviation, 2) - 1)
        }
        let what = "\(errors) for \(type), deviation \(gaussian.deviation)"
        #expect(errors[1] < 0.02, "\(what)")
        // Four times as many steps leave a quarter of the error, until rounding hides it.
        #expect(errors[1] < 5e-4 || (3.3...4.3).contains(errors[0] / errors[1]), "\(what)")
      }
    }
  }

  @Test(arguments: samplers, NoiseSchedule.Kind.allCases)
  func `samples have the data's mean and covariance`(
    specification: SamplerSpecification, kind: NoiseSchedule.Kind
  ) throws {
    let count = 4000
    let data = [Self.gaussians[0], Self.gaussians[1]]
    let schedule = try Self.schedule(kind, 200)
    for type in PredictionType.allCases {
      let plan = try specification.plan(schedule: schedule, prediction: type)
      let x = sample(plan, data, count: count, schedule: schedule, type: type)
      let n = Double(count)
      let means = (0..<2).map { axis in (0..<count).reduce(0) { $0 + x[2 * $1 + axis] } / n }
      func covariance(_ a: Int, _ b: Int) -> Double {
        (0..<count).reduce(0) { $0 + (x[2 * $1 + a] - means[a]) * (x[2 * $1 + b] - means[b]) } / n
      }
      for axis in 0..<2 {
        let deviation = data[axis].deviation
        expectClose(
          means[axis], data[axis].mean, absolute: 4 * deviation / n.squareRoot(),
          "mean \(axis) of \(type)")
        // The exact variance for this many steps differs by up to a tenth from the limit's.
        let expected = Self.result(plan, data[axis], schedule, type).variance
        expectClose(expected, deviation * deviation, relative: 0.12, "variance of \(type)")
        expectClose(
          covariance(axis, axis), expected, relative: 4 * (2 / n).squareRoot(),
          "variance \(axis) of \(type)")
      }
      expectClose(
        covariance(0, 1), 0,
        absolute: 4 * data[0].deviation * data[1].deviation / n.squareRoot(),
        "covariance of \(type)")
    }
  }

  /// Runs a plan on a batch of points whose coordinates are independently normal; count × axes.
  private func sample(
    _ plan: SamplingPlan, _ data: [Gaussian], count: Int, schedule: NoiseSchedule,
    type: PredictionType
  ) -> [Double] {
    var stream = RandomStream(seed: 11, purpose: .sampling)
    var x = [Float](repeating: 0, count: count * data.count)
    stream.fillNormal(&x)
    // The linear families end just short of pure noise: start from the true x_T.
    let start = data.map { $0.marginal(schedule.level(schedule.steps)) }
    for index in x.indices {
      let (mean, variance) = start[index % data.count]
      x[index] = Float(mean + variance.squareRoot() * Double(x[index]))
    }
    var prediction = x
    var noise = x
    x.withUnsafeMutableBufferPointer { x in
      prediction.withUnsafeMutableBufferPointer { prediction in
        noise.withUnsafeMutableBufferPointer { noise in
          plan.run(x, prediction: prediction, noise: noise) { x, time, result in
            let maps = data.map { $0.prediction(type, schedule.level(time)) }
            for index in x.indices {
              let map = maps[index % maps.count]
              result[index] = Float(map.slope * Double(x[index]) + map.offset)
            }
          } draw: { _, noise in
            stream.fillNormal(noise)
          }
        }
      }
    }
    return x.map(Double.init)
  }
}
