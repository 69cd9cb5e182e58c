import Diffusion
import Foundation
import PolicyRuntime
import Randomness
import TestSupport
import Testing

/// Two modes of known weights: the best prediction has a closed form, and every sampler that is
/// given it must find both, as often as they are.
@Suite struct MixtureTests {
  static let mixture = Mixture(parts: [
    (0.3, Gaussian(mean: -0.7, deviation: 0.08)), (0.7, Gaussian(mean: 0.5, deviation: 0.12)),
  ])

  @Test(arguments: everySampler, NamedProcess.all)
  func `modes come out with their weights, means and variances`(
    specification: SamplerSpecification, process: NamedProcess
  ) throws {
    let process = try process(300)
    guard specification.kind.fits(process.kind) else { return }
    let type = process.kind.defaultPrediction
    let plan = try specification.plan(for: process, prediction: type)
    let count = 4000
    var stream = RandomStream(seed: 5, purpose: .sampling)
    // From the true x_T, to which schedules come only near.
    let last = process.level(process.steps)
    let start = (0..<count).map { index in
      let part = Double(index) < 0.3 * Double(count) ? 0 : 1
      let marginal = Self.mixture.parts[part].gaussian.marginal(last)
      return marginal.mean + marginal.variance.squareRoot() * stream.normal()
    }
    let x = plan.samples(from: start) { _, x, t in
      Self.mixture.prediction(x, type, process.level(t))
    } draw: { _, noise in
      stream.fillNormal(noise)
    }
    for (weight, gaussian) in Self.mixture.parts {
      let own = x.filter { ($0 < -0.1) == (gaussian.mean < -0.1) }
      let n = Double(own.count)
      // Sampling error is 0.7 %; the rest is what 300 steps leave.
      expectClose(n / Double(count), weight, absolute: 0.025, "weight at \(gaussian.mean)")
      let mean = own.reduce(0, +) / n
      let variance = own.reduce(0) { $0 + pow($1 - mean, 2) } / n
      expectClose(mean, gaussian.mean, absolute: 0.02, "mean at \(gaussian.mean)")
      // Once the modes are apart, each is a normal distribution to the sampler.
      expectClose(
        variance, gaussian.result(of: plan, process, type).variance,
        relative: 0.18, "variance at \(gaussian.mean)")
    }
  }

  /// The samplers alone.
  static let samplers: [any Sampler] = [
    DDPMSampler(), DDPMSampler(variance: .large, clip: 0.6), DDIMSampler(), DDIMSampler(eta: 0.7),
    DPMSolverSampler(), DPMSolverSampler(clip: 0.6), HeunSampler(), HeunSampler(clip: 0.6),
    LangevinSampler(.init(repeats: 2)),
  ]

  /// A sampler's steps as they are written down, in double: weights of x, x̂_0, ε̂, m and z.
  private func samples(
    of steps: [LinearStep], clip: Double?, from x: [Double], _ process: NoiseProcess,
    noise: [Int: [Float]]
  ) -> [Double] {
    var (x, memory) = (x, [Double](repeating: 0, count: x.count))
    for (number, step) in steps.enumerated() {
      let level = process.level(step.noiseStep)
      for index in x.indices {
        let old = x[index]
        let clean = Self.mixture.clean(old, level)
        let epsilon = (old - level.signal * clean) / level.noise
        let limited = clip.map { min(max(clean, -$0), $0) } ?? clean
        let z = step.noise == 0 ? 0 : Double(noise[number]?[index] ?? .nan)
        x[index] =
          step.state * old + step.clean * limited + step.epsilon * epsilon
          + step.memory * memory[index] + step.noise * z
        if let kept = step.kept { memory[index] = kept.state * old + kept.clean * limited }
      }
    }
    return x
  }

  @Test(arguments: samplers.indices, NamedProcess.all)
  func `a plan does what its sampler's steps say, sample by sample`(
    index: Int, process: NamedProcess
  ) throws {
    let sampler = Self.samplers[index]
    let process = try process(40)
    guard !(sampler is LangevinSampler) || process.level(1).signal == 1 else { return }
    let visited = try NoiseStepSelection(count: 13).list(of: 40)
    let steps = sampler.steps(visiting: visited, in: process)
    var stream = RandomStream(seed: 6, purpose: .sampling)
    let start = (0..<200).map { _ in process.startDeviation(40) * stream.normal() }
    for type in PredictionType.all(for: process) where type != .score {
      let plan = SamplingPlan(sampler, visiting: visited, in: process, prediction: type)
      var noise: [Int: [Float]] = [:]
      let found = plan.samples(from: start) { _, x, t in
        Self.mixture.prediction(x, type, process.level(t))
      } draw: { step, z in
        stream.fillNormal(z)
        noise[step] = Array(z)
      }
      expectClose(
        found, samples(of: steps, clip: sampler.clip, from: start, process, noise: noise),
        absolute: 2e-3, "\(type)")
    }
  }

  @Test(arguments: [SamplerSpecification.Kind.ddim, .dpmSolver, .heun, .euler], NamedProcess.all)
  func `from zero there is one answer`(
    kind: SamplerSpecification.Kind, process: NamedProcess
  ) throws {
    let process = try process(50)
    let type = process.kind.defaultPrediction
    let plan = try SamplerSpecification(kind: kind, start: .zero)
      .plan(for: process, prediction: type)
    #expect(plan.startScale == 0 && !plan.isStochastic)
    let answer = plan.samples(from: [0, 0]) { _, x, t in
      Self.mixture.prediction(x, type, process.level(t))
    } draw: { _, _ in
      Issue.record("noise was drawn")
    }
    // Of the two modes the one that the mean of all data is nearer to.
    #expect(answer[0] == answer[1])
    expectClose(answer[0], 0.5, absolute: 0.12)
  }
}
