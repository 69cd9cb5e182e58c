import Diffusion
import Foundation
import TestSupport
import Testing

/// Single reverse steps against `reverse_steps.json`, computed with diffusers in single precision.
@Suite struct ReverseStepTests {
  struct Case: Decodable {
    let kind: String
    let schedule: String
    let steps: Int
    let prediction: String
    let clip: Bool
    let t: Int
    let predicted_x0: NestedNumbers
    let previous: NestedNumbers
    // DDPM
    let variance: String?
    let mean: NestedNumbers?
    let std: Double?
    // DDIM
    let eta: Double?
    let inference_steps: Int?
    let t_previous: Int?
  }

  struct References: Decodable {
    let x_t: NestedNumbers
    let model_output: NestedNumbers
    let noise: NestedNumbers
    let cases: [Case]
  }

  static let schedules: [String: NoiseSchedule.Kind] = [
    "linear": .linear, "squaredcos_cap_v2": .cosine,
  ]
  static let predictions: [String: PredictionType] = [
    "epsilon": .epsilon, "sample": .sample, "v_prediction": .velocity,
  ]
  static let variances: [String: DDPMSampler.Variance] = [
    "fixed_small": .small, "fixed_large": .large,
  ]

  /// What the reference's rounding leaves where terms of size 1 nearly cancel: it forms
  /// 1 − ᾱ_t/ᾱ_{t−1} in single precision, which at t = 2 is wrong by 2e-4 of itself.
  static let cancelled = 3e-5

  /// The schedule with the reference's own rounding: each ᾱ_t is a product in single precision.
  ///
  /// At t = 2 this moves 1 − ᾱ_t, and with it the reference's steps, by more than 1e-4.
  static func rounded(_ kind: NoiseSchedule.Kind, _ steps: Int) throws -> NoiseSchedule {
    let exact = try NoiseSchedule(.init(kind: kind, steps: steps))
    var alphaBar: Float = 1
    let betas = exact.betas.map { beta in
      let previous = alphaBar
      alphaBar *= 1 - Float(beta)
      return 1 - Double(alphaBar) / Double(previous)
    }
    return try NoiseSchedule(betas: betas)
  }

  @Test func `all steps are those of diffusers`() throws {
    let references: References = try fixture("reverse_steps", in: .module)
    let x = references.x_t.floats
    let output = references.model_output.floats
    var consumed: [String: Int] = [:]
    for entry in references.cases {
      let schedule = try Self.rounded(#require(Self.schedules[entry.schedule]), entry.steps)
      let prediction = try #require(Self.predictions[entry.prediction])
      let clip: Double? = entry.clip ? 1 : nil
      let what = "\(entry.kind) \(entry.schedule) \(entry.prediction) t = \(entry.t)"

      let clean = schedule.level(entry.t).conversion(from: prediction, to: .sample)(x, output)
      let limited = clean.map { entry.clip ? min(max($0, -1), 1) : $0 }
      expectClose(
        limited, entry.predicted_x0.values, relative: 1e-4, absolute: 1e-6, "x_0 of \(what)")

      let coefficients: StepCoefficients
      switch entry.kind {
      case "ddpm":
        let sampler = DDPMSampler(
          variance: try #require(Self.variances[entry.variance ?? ""]), clip: clip)
        coefficients = sampler.numbers(
          from: entry.t, to: entry.t - 1, in: schedule, prediction: prediction)
        expectClose(
          coefficients.noise, try #require(entry.std), relative: 1e-4, "deviation of \(what)")
        var still = coefficients
        still.noise = 0
        try expectClose(
          still(x, prediction: output, noise: []), #require(entry.mean).values, relative: 1e-4,
          absolute: Self.cancelled, "mean of \(what)")
      case "ddim":
        let sampler = DDIMSampler(eta: try #require(entry.eta), clip: clip)
        coefficients = sampler.numbers(
          from: entry.t, to: try #require(entry.t_previous), in: schedule, prediction: prediction)
        let times = try NoiseStepSelection(count: entry.inference_steps, spacing: .leading)
          .list(of: entry.steps)
        let index = try #require(times.firstIndex(of: entry.t))
        #expect((index + 1 < times.count ? times[index + 1] : 0) == entry.t_previous)
      default:
        Issue.record("a case of an unknown kind: \(entry.kind)")
        continue
      }
      expectClose(
        coefficients(x, prediction: output, noise: references.noise.floats),
        entry.previous.values, relative: 1e-4, absolute: Self.cancelled, "step of \(what)")
      consumed[entry.kind, default: 0] += 1
    }
    #expect(consumed == ["ddpm": 96, "ddim": 108])
  }

  @Test(arguments: NoiseSchedule.Kind.allCases, PredictionType.allCases)
  func `DDIM with η = 1 over all steps is DDPM`(
    kind: NoiseSchedule.Kind, prediction: PredictionType
  ) throws {
    let schedule = try NoiseSchedule(.init(kind: kind, steps: 50))
    for t in 1...50 {
      for s in [t - 1, t / 2] {
        let one = DDIMSampler(eta: 1)
          .numbers(from: t, to: s, in: schedule, prediction: prediction)
        let other = DDPMSampler(variance: .small)
          .numbers(from: t, to: s, in: schedule, prediction: prediction)
        expectClose(
          [one.state, one.prediction, one.noise], [other.state, other.prediction, other.noise],
          relative: 1e-4, absolute: 1e-6, "coefficients \(t) → \(s)")
      }
    }
  }

  @Test func `the simple variance replaces the noise term alone`() throws {
    let schedule = try NoiseSchedule(.init(kind: .cosine, steps: 50))
    let scaled = DDIMSampler(eta: 1, variance: .scaled)
      .numbers(from: 40, to: 30, in: schedule, prediction: .epsilon)
    var simple = DDIMSampler(eta: 1, variance: .simple)
      .numbers(from: 40, to: 30, in: schedule, prediction: .epsilon)
    expectClose(
      simple.noise, (1 - schedule.alphaBar(40) / schedule.alphaBar(30)).squareRoot(),
      relative: 1e-6)
    #expect(simple.noise > scaled.noise)
    simple.noise = scaled.noise
    #expect(simple == scaled)
  }

  @Test(arguments: PredictionType.allCases)
  func `a bound that is never reached changes nothing`(prediction: PredictionType) throws {
    let schedule = try NoiseSchedule(.init(kind: .linear, steps: 50))
    let x: [Float] = [0.3, -1.2, 2]
    let p: [Float] = [-0.5, 0.4, 1]
    for t in [50, 20, 1] {
      for (free, clipped) in [
        (DDPMSampler() as any OneStepSampler, DDPMSampler(clip: 1e4) as any OneStepSampler),
        (DDIMSampler(eta: 0.3), DDIMSampler(eta: 0.3, clip: 1e4)),
      ] {
        let a = free.numbers(from: t, to: t - 1, in: schedule, prediction: prediction)
        let b = clipped.numbers(from: t, to: t - 1, in: schedule, prediction: prediction)
        #expect(a.clean == 0 && b.clean != 0)
        expectClose(
          b(x, prediction: p, noise: x), a(x, prediction: p, noise: x).map(Double.init),
          relative: 1e-4, absolute: 1e-5, "step at \(t)")
      }
    }
  }

  @Test(arguments: [nil, 1.0] as [Double?])
  func `a NaN in the prediction is not hidden`(clip: Double?) throws {
    let schedule = try NoiseSchedule(.init(kind: .linear, steps: 50))
    let step = DDPMSampler(clip: clip)
      .numbers(from: 20, to: 19, in: schedule, prediction: .epsilon)
    let result = step([1, 1], prediction: [.nan, 0], noise: [0, 0])
    #expect(result[0].isNaN && result[1].isFinite)
  }
}
