import Diffusion
import Foundation
import Naming
import TestSupport
import Testing

@Suite struct NoiseScheduleTests {
  /// One schedule of `schedules.json`, computed with diffusers in single precision.
  struct Reference: Decodable {
    let steps: Int
    let betas: [Double]
    let alphas_cumprod: [Double]
  }

  struct References: Decodable {
    let linear_50: Reference
    let linear_1000: Reference
    let cosine_100: Reference
    let scaled_linear_100: Reference
  }

  @Test func `schedules are those of diffusers`() throws {
    let references: References = try fixture("schedules", in: .module)
    for (reference, kind) in [
      (references.linear_50, NoiseSchedule.Kind.linear), (references.linear_1000, .linear),
      (references.cosine_100, .cosine), (references.scaled_linear_100, .scaledLinear),
    ] {
      let schedule = try NoiseSchedule(.init(kind: kind, steps: reference.steps))
      expectClose(schedule.betas, reference.betas, relative: 1e-6, "betas of \(kind)")
      expectClose(
        Array(schedule.alphaBars.dropFirst()), reference.alphas_cumprod, absolute: 1e-6,
        "alphaBars of \(kind)")
    }
  }

  @Test(arguments: NoiseSchedule.Kind.allCases, [1, 2, 3, 10, 50, 1000])
  func `every schedule works for any number of steps`(kind: NoiseSchedule.Kind, steps: Int) throws {
    let schedule = try NoiseSchedule(.init(kind: kind, steps: steps))
    #expect(schedule.steps == steps)
    #expect(schedule.alphaBar(0) == 1)
    for t in 1...steps {
      #expect(schedule.beta(t) > 0 && schedule.beta(t) < 1)
      #expect(schedule.alphaBar(t) < schedule.alphaBar(t - 1))
      let product = (1...t).reduce(1.0) { $0 * (1 - schedule.beta($1)) }
      expectClose(schedule.alphaBar(t), product, relative: 1e-12, "alphaBar(\(t))")
      expectClose(schedule.beta(from: t - 1, to: t), schedule.beta(t), relative: 1e-9)
    }
  }

  @Test(arguments: NoiseSchedule.Kind.allCases)
  func `the posterior is what Bayes' rule gives`(kind: NoiseSchedule.Kind) throws {
    let schedule = try NoiseSchedule(.init(kind: kind, steps: 20))
    for t in 1...20 {
      for s in 0..<t {
        // x_s ~ N(√ᾱ_s x_0, 1−ᾱ_s) and x_t ~ N(√r x_s, 1−r): precisions add up.
        let ratio = schedule.alphaBar(t) / schedule.alphaBar(s)
        let prior = 1 - schedule.alphaBar(s)
        let mean = schedule.posteriorMean(from: t, to: s)
        let variance = schedule.posteriorVariance(from: t, to: s)
        guard s > 0 else {
          expectClose(variance, 0, absolute: 1e-15, "variance at s = 0")
          expectClose([mean.first, mean.second], [1.0, 0.0], absolute: 1e-12, "mean is x_0")
          continue
        }
        let expected = 1 / (1 / prior + ratio / (1 - ratio))
        expectClose(variance, expected, relative: 1e-9, "variance \(t) → \(s)")
        expectClose(
          [mean.first, mean.second],
          [
            expected * schedule.alphaBar(s).squareRoot() / prior,
            expected * ratio.squareRoot() / (1 - ratio),
          ], relative: 1e-9, "mean \(t) → \(s)")
      }
    }
  }

  @Test func `impossible schedules are refused`() {
    #expect(throws: DiffusionError.self) { try NoiseSchedule(.init(steps: 0)) }
    #expect(throws: DiffusionError.self) { try NoiseSchedule(.init(kind: .linear, steps: -3)) }
    #expect(throws: DiffusionError.impossibleBeta(step: 2, value: 1)) {
      try NoiseSchedule(betas: [0.1, 1])
    }
    for (start, end) in [(0.0, 0.1), (0.1, 1), (-0.1, 0.1), (.nan, 0.1), (0.1, .infinity)] {
      for kind in [NoiseSchedule.Kind.linear, .scaledLinear] {
        #expect(throws: DiffusionError.self) {
          try NoiseSchedule(.init(kind: kind, steps: 10, betaStart: start, betaEnd: end))
        }
      }
    }
  }

  @Test func `an unknown name lists the valid ones`() throws {
    let message =
      "unknown noise schedule 'cosin' (did you mean 'cosine'?); known: linear, scaled-linear, cosine"
    #expect {
      try NoiseSchedule.Kind(named: "cosin")
    } throws: { error in
      "\(error)" == message
    }
    let json = Data(#"{"kind": "cosin", "steps": 5, "betaStart": 0.1, "betaEnd": 0.2}"#.utf8)
    #expect {
      try JSONDecoder().decode(NoiseSchedule.Specification.self, from: json)
    } throws: { error in
      "\(error)".contains(message)
    }
  }

  @Test(arguments: NoiseSchedule.Kind.allCases)
  func `a specification survives JSON`(kind: NoiseSchedule.Kind) throws {
    let specification = NoiseSchedule.Specification(
      kind: kind, steps: 7, betaStart: 0.01, betaEnd: 0.3)
    let data = try JSONEncoder().encode(specification)
    #expect(
      try JSONDecoder().decode(NoiseSchedule.Specification.self, from: data) == specification)
  }
}
