import Diffusion
import Foundation
import TestSupport
import Testing

@Suite struct LossWeightingTests {
  static let kinds = LossWeighting.Kind.allCases

  @Test(arguments: NoiseSchedule.Kind.allCases)
  func `the lower bound weighs as the divergence between posteriors`(
    kind: NoiseSchedule.Kind
  ) throws {
    let schedule = try NoiseSchedule(.init(kind: kind, steps: 30))
    for t in 2...30 {
      // Two posteriors of equal variance σ² whose means differ by d have divergence d²/2σ². With
      // ε wrong by 1, x̂_0 is wrong by √(1−ᾱ)/√ᾱ and the mean by that times its weight of x_0.
      let level = schedule.level(t)
      let error = level.noise / level.signal * schedule.posteriorMean(from: t, to: t - 1).first
      let divergence = error * error / (2 * schedule.posteriorVariance(from: t, to: t - 1))
      expectClose(
        LossWeighting(.elbo).weight(at: t, in: NoiseProcess(schedule), for: .epsilon), divergence,
        relative: 1e-9, "t = \(t)")
    }
    // β̃₂ stands in for β̃₁ = 0.
    let first =
      pow(schedule.beta(1), 2)
      / (2 * schedule.posteriorVariance(from: 2, to: 1)
        * schedule.alpha(1) * (1 - schedule.alphaBar(1)))
    expectClose(
      LossWeighting(.elbo).weight(at: 1, in: NoiseProcess(schedule), for: .epsilon), first,
      relative: 1e-12)
  }

  @Test func `min-SNR is the paper's for each prediction`() throws {
    let schedule = try NoiseSchedule(.init(kind: .cosine, steps: 40))
    var below = 0
    for t in 1...40 {
      let ratio = schedule.alphaBar(t) / (1 - schedule.alphaBar(t))
      if ratio < 5 { below += 1 }
      let weights = [PredictionType.sample, .epsilon, .velocity].map {
        LossWeighting(.minSNR, gamma: 5).weight(at: t, in: NoiseProcess(schedule), for: $0)
      }
      let cut = min(ratio, 5)
      expectClose(weights, [cut, cut / ratio, cut / (ratio + 1)], relative: 1e-9, "t = \(t)")
    }
    #expect(below > 0 && below < 40)
  }

  @Test(arguments: [LossWeighting.Kind.elbo, .minSNR])
  func `a weighting means the same whatever is predicted`(kind: LossWeighting.Kind) throws {
    let schedule = try NoiseSchedule(.init(kind: .linear, steps: 40))
    let weighting = LossWeighting(kind)
    for t in 1...40 {
      let level = schedule.level(t)
      let reference = weighting.weight(at: t, in: NoiseProcess(schedule), for: .epsilon)
      for type in PredictionType.allCases {
        // For a fixed x_t an error of 1 in ε is an error of this size in what is predicted.
        let error = level.conversion(from: .epsilon, to: type).second
        expectClose(
          weighting.weight(at: t, in: NoiseProcess(schedule), for: type) * error * error, reference,
          relative: 1e-9, "\(type) at \(t)")
      }
    }
  }

  @Test func `simple weighs all steps alike and the hybrid adds the bound`() throws {
    let schedule = try NoiseSchedule(.init(kind: .linear, steps: 40))
    for t in 1...40 {
      for type in [PredictionType.epsilon, .sample, .velocity] {
        #expect(LossWeighting(.simple).weight(at: t, in: NoiseProcess(schedule), for: type) == 1)
        expectClose(
          LossWeighting(.hybrid, elboShare: 0.1).weight(
            at: t, in: NoiseProcess(schedule), for: type),
          1 + 0.1 * LossWeighting(.elbo).weight(at: t, in: NoiseProcess(schedule), for: type),
          relative: 1e-12)
      }
      expectClose(
        LossWeighting(.simple).weight(at: t, in: NoiseProcess(schedule), for: .score),
        1 - schedule.alphaBar(t), relative: 1e-12)
    }
  }

  @Test(arguments: kinds, PredictionType.allCases)
  func `weights are finite for any number of steps`(
    kind: LossWeighting.Kind, type: PredictionType
  ) throws {
    for steps in [1, 2, 100] {
      for family in NoiseSchedule.Kind.allCases {
        let schedule = try NoiseSchedule(.init(kind: family, steps: steps))
        for t in 1...steps {
          let weight = LossWeighting(kind).weight(at: t, in: NoiseProcess(schedule), for: type)
          #expect(weight > 0 && weight.isFinite, "\(family) \(steps) \(t)")
        }
      }
    }
  }
}
