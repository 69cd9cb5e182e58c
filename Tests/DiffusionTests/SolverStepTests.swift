import Diffusion
import Foundation
import Naming
import TestSupport
import Testing

/// Whole trajectories against `solver_steps.json`: diffusers, k-diffusion, and where neither has
/// the sampler, the published formula.
@Suite struct SolverStepTests {
  struct Case: Decodable {
    let sampler: String
    let process: String
    let steps: Int
    let clip: Double?
    let t: [Int]
    let x: NestedNumbers
    let sigma_min: Double?
    let sigma_max: Double?
    let eta: Double?
    let variance: String?
    let epsilon_from_clipped_x0: Bool?
    let step: Double?
    let repeats: Int?
    let denoised: NestedNumbers?
  }

  struct References: Decodable {
    let matrix: NestedNumbers
    let amplitude: Double
    let offset: Double
    let noise: NestedNumbers
    let cases: [Case]

    /// x̂_0 of the file's toy model, for rows of 3.
    func clean(_ x: [Double], _ level: NoiseLevel) -> [Double] {
      let scale = 1 / (level.signal * level.signal / 4 + level.noise * level.noise).squareRoot()
      return x.indices.map { index in
        let (row, column) = (index / 3, index % 3)
        let product = (0..<3).reduce(0) { $0 + matrix.values[3 * column + $1] * x[3 * row + $1] }
        return amplitude * tanh(scale * product + offset)
      }
    }
  }

  /// The sampler of a case; nil where the file has another reading of clipping than ours.
  private func sampler(_ entry: Case) throws -> (any Sampler)? {
    switch entry.sampler {
    case "dpm++": return DPMSolverSampler(clip: entry.clip)
    case "heun", "heun_in_s": return HeunSampler(clip: entry.clip, largestFall: .infinity)
    case "ddpm":
      return DDPMSampler(variance: try .init(named: entry.variance ?? ""), clip: entry.clip)
    case "ddim" where entry.epsilon_from_clipped_x0 == false:
      return DDIMSampler(eta: entry.eta ?? 0, clip: entry.clip)
    case "langevin":
      let lowest = try #require(entry.sigma_min)
      return LangevinSampler(
        .init(repeats: entry.repeats ?? 0, step: (entry.step ?? 0) / (lowest * lowest)))
    default: return nil
    }
  }

  @Test func `all trajectories are those of other libraries`() throws {
    let references: References = try fixture("solver_steps", in: .module)
    var consumed: [String: Int] = [:]
    for entry in references.cases {
      guard let sampler = try sampler(entry) else { continue }
      let kind = try NoiseProcess.Kind(named: entry.process == "vp-cosine" ? "vp" : entry.process)
      let process = try NoiseProcess(
        .init(kind: kind, sigmaMin: entry.sigma_min, sigmaMax: entry.sigma_max),
        schedule: .init(kind: .cosine, steps: entry.steps))
      let plan = SamplingPlan(
        sampler, visiting: entry.t, in: process,
        prediction: kind == .flow ? .flowVelocity : .sample)
      let width = 6
      let count = entry.x.values.count / width
      func state(_ index: Int) -> [Double] {
        Array(entry.x.values[index * width..<(index + 1) * width])
      }
      // Every second question of Heun's stands at a level; the others are between two.
      let isHeun = sampler is HeunSampler
      var (path, asked, rows): ([[Double]], Int, [Double]) = ([], 0, [])
      let last = plan.samples(from: state(0)) { index, x, t in
        let level = process.level(t)
        let clean = references.clean(rows, level)[index]
        return kind == .flow ? (x - clean) / level.noise : clean
      } draw: { step, noise in
        for j in 0..<width { noise[j] = Float(references.noise.values[step * width + j]) }
      } observe: { x in
        if !isHeun || asked % 2 == 0 { path.append(x) }
        asked += 1
        rows = x
      }
      if let denoised = entry.denoised {
        expectClose(last, denoised.values, absolute: 2e-5 * largest(denoised.values), "denoised")
      } else {
        path.append(last)
      }
      #expect(path.count == count, "\(entry.sampler) \(entry.process)")
      for (index, found) in path.enumerated() where index < count {
        expectClose(
          found, state(index), absolute: 2e-5 * largest(state(index)),
          "\(entry.sampler) \(entry.process) clip \(entry.clip ?? .infinity) state \(index)")
      }
      consumed[entry.sampler, default: 0] += 1
    }
    #expect(
      consumed == [
        "dpm++": 7, "ddim": 8, "heun": 5, "heun_in_s": 1, "ddpm": 5, "langevin": 1,
      ])
  }

  private func largest(_ values: [Double]) -> Double { values.map(abs).max() ?? 0 }
}
