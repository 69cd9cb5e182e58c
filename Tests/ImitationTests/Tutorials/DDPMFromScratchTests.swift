import Diffusion
import Foundation
import Randomness
import Testing

/// The tutorial "DDPM from scratch" works.
@Suite struct DDPMFromScratchTests {
  @Test func `four samplers of one denoiser draw from the clouds`() throws {
    let denoiser = try PairDenoiser(steps: 3000, drawing: 4000)
    for (index, entry) in denoiser.plans.enumerated() {
      let pairs = denoiser.draw(entry.plan, seed: UInt64(index))
      let right = stride(from: 0, to: pairs.count, by: 2).filter { pairs[$0] > 0 }
      let share = Double(right.count) / Double(pairs.count / 2)
      // Four standard errors of sampling, and as much again for what is learnt.
      let bound = 8 * (Clouds.weight * (1 - Clouds.weight) / Double(pairs.count / 2)).squareRoot()
      #expect(abs(share - Clouds.weight) < bound, "\(entry.name): \(share)")
      for axis in 0..<2 {
        let values = right.map { Double(pairs[$0 + axis]) }
        let mean = values.reduce(0, +) / Double(values.count)
        let variance =
          values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
        #expect(abs(mean - Clouds.centre[axis]) < 0.05, "\(entry.name): \(mean)")
        let deviation = variance.squareRoot()
        #expect((0.07...0.16).contains(deviation), "\(entry.name): \(deviation)")
      }
    }
  }

  @Test func `the learnt score is the exact one`() throws {
    let denoiser = try PairDenoiser(steps: 3000, drawing: 1000)
    for t in [10, 25, 45] {
      let level = denoiser.process.level(t)
      var stream = RandomStream(seed: 9, purpose: .sampling, index: UInt32(t))
      let pairs = (0..<1000).map { _ in
        Clouds.draw(&stream).map { level.signal * $0 + level.noise * stream.normal() }
      }
      let exact = pairs.flatMap { Clouds.score($0, at: level) }
      let learnt = denoiser.score(pairs, t: t).flatMap { $0 }
      func power(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 } }
      let share = power(zip(learnt, exact).map { $0 - $1 }) / power(exact)
      #expect(share < 0.01, "t = \(t): \(share) of the score's power is error")
    }
  }

  @Test func `the exact score is the slope of the logarithm of the density`() {
    let level = NoiseLevel(alphaBar: 0.7)
    func logDensity(_ pair: [Double]) -> Double {
      let variance = level.signalPower * 0.01 + level.noisePower
      return log(
        [0.75, -0.25].reduce(0) { sum, share in
          let side: Double = share > 0 ? 1 : -1
          let far = zip(pair, Clouds.centre).map { $0 - level.signal * side * $1 }
          return sum + abs(share) * exp(-far.reduce(0) { $0 + $1 * $1 } / (2 * variance))
        })
    }
    for pair in [[0.1, 0.2], [-0.5, 0.1], [0.9, -0.9]] {
      let score = Clouds.score(pair, at: level)
      for axis in 0..<2 {
        var (above, below) = (pair, pair)
        above[axis] += 1e-5
        below[axis] -= 1e-5
        let slope = (logDensity(above) - logDensity(below)) / 2e-5
        #expect(abs(score[axis] - slope) < 1e-6)
      }
    }
  }

  @Test func `the histogram sets what was drawn beside the exact density`() {
    // All at 0.65, the middle of a bar: its height is 1 / 0.1.
    let bars = histogram(Array(repeating: [0.65, -0.4], count: 10).flatMap { $0 })
    #expect(bars.count == 24)
    let full = bars.filter { $0.density > 0 }
    #expect(full.count == 1 && abs(full[0].middle - 0.65) < 1e-9)
    #expect(abs(full[0].density - 10) < 1e-9)
    // Of the exact density a line has ten marks for each unit: 0.75 of a bell of deviation 0.1,
    // half a deviation from its middle, is 2.64.
    let line = text(bars).split(separator: "\n").first { $0.hasPrefix(" 0.65") }
    #expect(line?.split(separator: "|")[1].filter { $0 == "▪" }.count == 26)
  }
}
