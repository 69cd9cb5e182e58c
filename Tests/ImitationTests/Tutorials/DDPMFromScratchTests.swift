import Diffusion
import Foundation
import Testing

/// The tutorial "DDPM from scratch" works.
@Suite struct DDPMFromScratchTests {
  @Test func `four samplers of one denoiser draw from the clouds`() throws {
    let denoiser = try PairDenoiser(steps: 3000, drawing: 4000)
    let all = Array((1...50).reversed())
    let few = Array(stride(from: 50, to: 0, by: -3))
    let samplers: [(any Sampler, [Int])] = [
      (DDPMSampler(clip: 1), all), (DDIMSampler(clip: 1), few), (DPMSolverSampler(clip: 1), few),
      (LangevinSampler(clip: 1), all),
    ]
    let plans = samplers.map { sampler, visited in
      SamplingPlan(sampler, visiting: visited, in: denoiser.process, prediction: .epsilon)
    }
    for (index, plan) in plans.enumerated() {
      let pairs = denoiser.draw(plan, seed: UInt64(index))
      let right = stride(from: 0, to: pairs.count, by: 2).filter { pairs[$0] > 0 }
      let share = Double(right.count) / Double(pairs.count / 2)
      // Four standard errors of sampling, and as much again for what is learnt.
      let bound = 8 * (Clouds.weight * (1 - Clouds.weight) / Double(pairs.count / 2)).squareRoot()
      #expect(abs(share - Clouds.weight) < bound, "plan \(index): \(share)")
      for axis in 0..<2 {
        let values = right.map { Double(pairs[$0 + axis]) }
        let mean = values.reduce(0, +) / Double(values.count)
        let variance =
          values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
        #expect(abs(mean - Clouds.centre[axis]) < 0.05, "plan \(index): \(mean)")
        let deviation = variance.squareRoot()
        #expect((0.07...0.16).contains(deviation), "plan \(index): \(deviation)")
      }
    }
  }

  @Test func `the histogram sets what was drawn beside the exact density`() {
    // All at 0.6: one bar, whose height is 1 / 0.1.
    let lines = histogram(Array(repeating: [0.6, -0.4], count: 10).flatMap { $0 })
      .split(separator: "\n")
    #expect(lines.count == 24)
    let full = lines.filter { $0.split(separator: "|")[0].contains("▪") }
    #expect(full.count == 1 && full[0].hasPrefix(" 0.6"))
    // 0.75 of the peak of a bell of deviation 0.1, of which a bar has ten marks.
    let marks = full[0].split(separator: "|")[1].filter { $0 == "▪" }.count
    #expect(abs(marks - 28) <= 2)
  }
}
