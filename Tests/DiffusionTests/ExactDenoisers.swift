import Diffusion
import Foundation
import PolicyRuntime
import Testing

/// Data for which the best prediction has a closed form.
protocol ExactDenoiser {
  /// E[x_0 | x_t = x].
  func clean(_ x: Double, _ level: NoiseLevel) -> Double
}

extension ExactDenoiser {
  /// The best prediction for x_t, from E[x_0 | x_t] and the definitions.
  func prediction(_ x: Double, _ type: PredictionType, _ level: NoiseLevel) -> Double {
    let clean = clean(x, level)
    let noise = (x - level.signal * clean) / level.noise
    let target = level.target(type)
    return target.first * clean + target.second * noise
  }
}

/// Data x_0 ~ N(mean, deviation²).
struct Gaussian: ExactDenoiser {
  var mean: Double
  var deviation: Double

  /// The mean and variance of x_t.
  func marginal(_ level: NoiseLevel) -> (mean: Double, variance: Double) {
    (level.signal * mean, pow(level.signal * deviation, 2) + pow(level.noise, 2))
  }

  func clean(_ x: Double, _ level: NoiseLevel) -> Double {
    let (center, variance) = marginal(level)
    return mean + level.signal * deviation * deviation / variance * (x - center)
  }

  /// The exact mean and variance of what a plan returns when it starts from the true x_T.
  ///
  /// State and memory stay jointly normal, since every step and the prediction are linear.
  func result(
    of plan: SamplingPlan, _ process: NoiseProcess, _ type: PredictionType
  ) -> (mean: Double, variance: Double) {
    guard let first = plan.steps.first else { return (0, 0) }
    let start = marginal(process.level(first.noiseStep))
    let scale = Double(first.inputScale)
    var mean = SIMD2(scale * start.mean, 0)
    // The covariance of (state, memory): both variances, and what they share.
    var (variance, shared) = (SIMD2(scale * scale * start.variance, 0), 0.0)
    for step in plan.steps {
      let level = process.level(step.noiseStep)
      let offset = prediction(0, type, level)
      let slope = (prediction(1, type, level) - offset) / Double(step.inputScale)
      let c = step.coefficients
      // The new state and memory as weights of the old state and memory, and a constant.
      let x = SIMD2(Double(c.state) + Double(c.prediction) * slope, Double(c.memory))
      let m =
        c.keeps
        ? SIMD2(Double(c.keptState) + Double(c.keptPrediction) * slope, 0) : SIMD2(0, 1)
      func covariance(_ a: SIMD2<Double>, _ b: SIMD2<Double>) -> Double {
        (a * b * variance).sum() + shared * (a[0] * b[1] + a[1] * b[0])
      }
      let noise = Double(c.noise) * Double(c.noise)
      let (xx, xm, mm) = (covariance(x, x), covariance(x, m), covariance(m, m))
      mean = SIMD2(
        (x * mean).sum() + Double(c.prediction) * offset,
        (m * mean).sum() + (c.keeps ? Double(c.keptPrediction) * offset : 0))
      (variance, shared) = (SIMD2(xx + noise, mm), xm)
    }
    return (mean[0], variance[0])
  }
}

/// Data from one of several normal distributions.
struct Mixture: ExactDenoiser {
  var parts: [(weight: Double, gaussian: Gaussian)]

  func clean(_ x: Double, _ level: NoiseLevel) -> Double {
    let logs = parts.map { part in
      let (mean, variance) = part.gaussian.marginal(level)
      return log(part.weight) - pow(x - mean, 2) / (2 * variance) - log(variance) / 2
    }
    let largest = logs.max() ?? 0
    let shares = logs.map { exp($0 - largest) }
    let sum = shares.reduce(0, +)
    return zip(shares, parts).reduce(0) { $0 + $1.0 / sum * $1.1.gaussian.clean(x, level) }
  }
}

/// Every process with a name, for parametrised tests.
struct NamedProcess: CustomTestStringConvertible, Sendable {
  let name: String
  private let specification: NoiseProcess.Specification
  private let schedule: NoiseSchedule.Kind

  var testDescription: String { name }

  func callAsFunction(_ steps: Int) throws -> NoiseProcess {
    // The linear ends of 1,000 steps, scaled so that any number of steps arrives at noise.
    try NoiseProcess(
      specification,
      schedule: .init(
        kind: schedule, steps: steps, betaStart: 0.1 / Double(steps), betaEnd: 20 / Double(steps)))
  }

  static let all =
    NoiseSchedule.Kind.allCases.map {
      NamedProcess(name: "vp \($0)", specification: .init(kind: .vp), schedule: $0)
    }
    + [NoiseProcess.Kind.ve, .karras, .flow].map {
      NamedProcess(name: "\($0)", specification: .init(kind: $0), schedule: .cosine)
    }
}

/// Every sampler with each of its options.
let everySampler: [SamplerSpecification] = [
  SamplerSpecification(kind: .ddpm, ddpmVariance: .small),
  SamplerSpecification(kind: .ddpm, ddpmVariance: .large),
  SamplerSpecification(kind: .ddim, eta: 0),
  SamplerSpecification(kind: .ddim, eta: 0.5),
  SamplerSpecification(kind: .ddim, eta: 1),
  SamplerSpecification(kind: .ddim, ddimVariance: .simple, eta: 1),
  SamplerSpecification(kind: .dpmSolver), SamplerSpecification(kind: .heun),
  SamplerSpecification(kind: .euler), SamplerSpecification(kind: .langevin),
]

extension PredictionType {
  /// Those that determine x_0 at every level of a process.
  static func all(for process: NoiseProcess) -> [PredictionType] {
    allCases.filter { type in (try? process.check(type)) != nil }
  }
}

extension OneStepSampler {
  /// A step of a variance-preserving process as numbers.
  func numbers(
    from t: Int, to s: Int, in schedule: NoiseSchedule, prediction: PredictionType
  ) -> StepCoefficients {
    let process = NoiseProcess(schedule)
    return StepCoefficients(
      step(from: t, to: s, in: process), in: process, prediction: prediction, clip: clip)
  }
}

extension SamplingPlan {
  /// Runs the plan on points drawn by `start`, with an exact denoiser, row by row.
  ///
  /// - Parameters:
  ///   - x: x_T, without its input scale.
  ///   - predict: The prediction for one x_t.
  ///   - draw: Fills noise.
  ///   - observe: Sees x_t before each question.
  /// - Returns: The samples.
  func samples(
    from x: [Double], predict: (_ index: Int, _ x: Double, _ noiseStep: Int) -> Double,
    draw: (_ step: Int, _ noise: UnsafeMutableBufferPointer<Float>) -> Void,
    observe: (_ x: [Double]) -> Void = { _ in }
  ) -> [Double] {
    let scale = Double(steps.first?.inputScale ?? 1)
    var state = x.map { Float($0 * scale) }
    var (prediction, noise, memory) = (state, state, usesMemory ? state : [])
    var asked = 0
    state.withUnsafeMutableBufferPointer { state in
      prediction.withUnsafeMutableBufferPointer { prediction in
        noise.withUnsafeMutableBufferPointer { noise in
          memory.withUnsafeMutableBufferPointer { memory in
            run(state, prediction: prediction, noise: noise, memory: memory) { x, t, result in
              let scale = Double(steps[asked].inputScale)
              let values = x.map { Double($0) / scale }
              observe(values)
              asked += 1
              for index in values.indices {
                result[index] = Float(predict(index, values[index], t))
              }
            } draw: {
              draw($0, $1)
            }
          }
        }
      }
    }
    return state.map(Double.init)
  }
}
