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
