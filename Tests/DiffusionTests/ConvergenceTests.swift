import Diffusion
import Foundation
import TestSupport
import Testing

/// The order of each solver, measured in double precision between two interior noise levels.
@Suite struct ConvergenceTests {
  struct Solver: CustomTestStringConvertible, Sendable {
    let name: String
    let sampler: any Sampler
    let order: Double
    var testDescription: String { name }
  }

  static let solvers = [
    Solver(name: "ddim", sampler: DDIMSampler(), order: 1),
    Solver(name: "dpm++", sampler: DPMSolverSampler(), order: 2),
    Solver(name: "heun", sampler: HeunSampler(), order: 2),
  ]

  /// Two modes that overlap, so that the way is curved but smooth on the scale of the steps.
  static let mixture = Mixture(parts: [
    (0.3, Gaussian(mean: -0.7, deviation: 0.4)), (0.7, Gaussian(mean: 0.5, deviation: 0.5)),
  ])

  /// The clean data that a whole plan ends at, where one answer of many is wrong by `error`.
  private func answer(
    _ sampler: any Sampler, _ noiseSteps: [Int], _ process: NoiseProcess, wrong: Int,
    by error: Double
  ) -> Double {
    let data = Gaussian(mean: 0.2, deviation: 1)
    var (x, memory) = (1.0, 0.0)
    for (index, step) in sampler.steps(visiting: noiseSteps, in: process).enumerated() {
      let level = process.level(step.noiseStep)
      let clean = data.clean(x, level) + (index == wrong ? error : 0)
      let noise = (x - level.signal * clean) / level.noise
      let next = step.state * x + step.clean * clean + step.epsilon * noise + step.memory * memory
      if let kept = step.kept { memory = kept.state * x + kept.clean * clean }
      x = next
    }
    return x
  }

  /// From σ = 1,000 to about 5: corrected, the second answer would count nearly twenty times.
  @Test func `Heun magnifies no wrong answer where a cosine schedule begins`() throws {
    let process = try NoiseProcess(.init(kind: .vp), schedule: .init(kind: .cosine, steps: 50))
    for count in [4, 8, 16] {
      let visited = try NoiseStepSelection(count: count).list(of: 50)
      let exact = answer(HeunSampler(), visited, process, wrong: -1, by: 0)
      for wrong in 0...2 {
        let moved = answer(HeunSampler(), visited, process, wrong: wrong, by: 0.1) - exact
        #expect(abs(moved) < 0.4, "question \(wrong), \(count) levels")
      }
      let literal = HeunSampler(largestFall: .infinity)
      let before = answer(literal, visited, process, wrong: -1, by: 0)
      #expect(abs(answer(literal, visited, process, wrong: 1, by: 0.1) - before) > 0.4)
    }
  }

  /// x at the last of some noise steps, from x at the first.
  private func end(
    _ x: Double, _ sampler: any Sampler, _ noiseSteps: [Int], _ process: NoiseProcess
  ) -> Double {
    var (x, memory) = (x, 0.0)
    // The last step leads on to clean data.
    for step in sampler.steps(visiting: noiseSteps, in: process).dropLast() {
      let level = process.level(step.noiseStep)
      let clean = Self.mixture.clean(x, level)
      let noise = (x - level.signal * clean) / level.noise
      let next = step.state * x + step.clean * clean + step.epsilon * noise + step.memory * memory
      if let kept = step.kept { memory = kept.state * x + kept.clean * clean }
      x = next
    }
    return x
  }

  @Test(arguments: solvers, NamedProcess.all)
  func `the error falls with the order of the solver`(
    solver: Solver, process: NamedProcess
  ) throws {
    let process = try process(6400)
    let (first, last) = (4800, 1600)
    for start in [-0.9, 0.3, 1.1] {
      let level = process.level(first)
      let x = level.signal * start + level.noise * start
      func visited(_ count: Int) -> [Int] {
        stride(from: first, through: last, by: (last - first) / count).map { $0 }
      }
      let exact = end(x, HeunSampler(), visited(3200), process)
      let errors = [80, 160, 320].map { abs(end(x, solver.sampler, visited($0), process) - exact) }
      let orders = zip(errors, errors.dropFirst()).map { log2($0 / $1) }
      #expect(errors[2] > 1e-11, "\(solver.name) has nothing to converge from: \(errors)")
      for order in orders {
        expectClose(order, solver.order, absolute: 0.25, "\(errors) from \(start)")
      }
    }
  }
}
