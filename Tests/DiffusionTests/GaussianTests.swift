import Diffusion
import Foundation
import PolicyRuntime
import Randomness
import TestSupport
import Testing

/// Normally distributed data: the best prediction has a closed form, so every sampler that is given
/// it must return the data's distribution.
@Suite struct GaussianTests {
  static let gaussians = [
    Gaussian(mean: 0.5, deviation: 0.3), Gaussian(mean: -0.8, deviation: 0.7),
    Gaussian(mean: 0, deviation: 1),
  ]

  /// Those whose error falls with the step, which are told apart from those of second order.
  static let firstOrder = everySampler.filter { [.ddpm, .ddim].contains($0.kind) }

  @Test(arguments: firstOrder, NamedProcess.all.prefix(3))
  func `the error vanishes as the steps become finer`(
    specification: SamplerSpecification, process: NamedProcess
  ) throws {
    for type in PredictionType.allCases {
      for gaussian in Self.gaussians {
        let errors = try [500, 2000].map { steps in
          let process = try process(steps)
          let plan = try specification.plan(for: process, prediction: type)
          let (mean, variance) = gaussian.result(of: plan, process, type)
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

  /// How far a sampler's variance may be from the data's after 200 steps, as a share.
  private func bias(_ kind: SamplerSpecification.Kind, _ process: NoiseProcess.Kind) -> Double {
    switch kind {
    // The lowest level of `ve` and the first step of `flow` are all that is left.
    case .dpmSolver, .heun: 0.01
    case .langevin: process == .ve ? 0.02 : 0.04
    default: 0.12
    }
  }

  @Test(arguments: everySampler, NamedProcess.all)
  func `every sampler keeps mean and variance, whatever the process and the prediction`(
    specification: SamplerSpecification, process: NamedProcess
  ) throws {
    let process = try process(200)
    guard specification.kind.fits(process.kind) else { return }
    for type in PredictionType.all(for: process) {
      for gaussian in Self.gaussians {
        let plan = try specification.plan(for: process, prediction: type)
        let (mean, variance) = gaussian.result(of: plan, process, type)
        expectClose(mean, gaussian.mean, absolute: 2e-3, "mean of \(type)")
        expectClose(
          variance, pow(gaussian.deviation, 2), relative: bias(specification.kind, process.kind),
          "variance of \(type), deviation \(gaussian.deviation)")
      }
    }
  }

  @Test(arguments: everySampler, NamedProcess.all)
  func `samples have the sampler's own exact mean and covariance`(
    specification: SamplerSpecification, process: NamedProcess
  ) throws {
    let count = 4000
    let data = [Self.gaussians[0], Self.gaussians[1]]
    let process = try process(60)
    guard specification.kind.fits(process.kind) else { return }
    for type in [process.kind.defaultPrediction, .sample] {
      let plan = try specification.plan(for: process, prediction: type)
      var stream = RandomStream(seed: 11, purpose: .sampling)
      // Start from the true x_T: the linear families end just short of pure noise.
      let start = data.map { $0.marginal(process.level(process.steps)) }
      let noise = (0..<2 * count).map { _ in stream.normal() }
      let x = plan.samples(
        from: noise.enumerated().map {
          start[$0 % 2].mean + start[$0 % 2].variance.squareRoot() * $1
        }
      ) { index, x, t in
        data[index % 2].prediction(x, type, process.level(t))
      } draw: { _, noise in
        stream.fillNormal(noise)
      }
      let n = Double(count)
      let means = (0..<2).map { axis in (0..<count).reduce(0) { $0 + x[2 * $1 + axis] } / n }
      func covariance(_ a: Int, _ b: Int) -> Double {
        (0..<count).reduce(0) { $0 + (x[2 * $1 + a] - means[a]) * (x[2 * $1 + b] - means[b]) } / n
      }
      var deviations: [Double] = []
      for axis in 0..<2 {
        let expected = data[axis].result(of: plan, process, type)
        deviations.append(expected.variance.squareRoot())
        expectClose(
          means[axis], expected.mean, absolute: 4 * deviations[axis] / n.squareRoot(),
          "mean \(axis) of \(type)")
        expectClose(
          covariance(axis, axis), expected.variance, relative: 4 * (2 / n).squareRoot(),
          "variance \(axis) of \(type)")
      }
      expectClose(
        covariance(0, 1), 0, absolute: 4 * deviations[0] * deviations[1] / n.squareRoot(),
        "covariance of \(type)")
    }
  }

  @Test func `Langevin's default step keeps the variance as its comment says`() throws {
    let cases: [(NoiseProcess.Kind, Int, Int, Double)] = [
      (.ve, 50, 5, 0.04), (.karras, 50, 5, 0.12), (.karras, 50, 10, 0.062), (.karras, 100, 5, 0.06),
    ]
    for (kind, steps, repeats, bound) in cases {
      for deviation in [0.1, 0.3, 0.577, 1] {
        let process = try NoiseProcess(.init(kind: kind), schedule: .init(steps: steps))
        let plan = try SamplerSpecification(kind: .langevin, langevin: .init(repeats: repeats))
          .plan(for: process, prediction: .epsilon)
        let gaussian = Gaussian(mean: 0.2, deviation: deviation)
        let variance = gaussian.result(of: plan, process, .epsilon).variance
        expectClose(variance, deviation * deviation, relative: bound, "\(kind) \(steps) \(repeats)")
      }
    }
  }
}
