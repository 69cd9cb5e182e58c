import Diffusion
import Foundation
import PolicyRuntime
import TestSupport
import Testing

@Suite struct NoiseLevelTests {
  static let levels = [0.9999, 0.9, 0.5, 0.01, 1e-8].map { NoiseLevel(alphaBar: $0) }
  static let clean = [0.7, -0.2, 1.5]
  static let noise = [-1.1, 0.4, 0.05]

  /// x_t and the four quantities, each from its definition.
  private func quantities(_ level: NoiseLevel) -> (noisy: [Double], [PredictionType: [Double]]) {
    let pairs = zip(Self.clean, Self.noise)
    return (
      pairs.map { level.signal * $0 + level.noise * $1 },
      [
        .epsilon: Self.noise, .sample: Self.clean,
        .velocity: pairs.map { level.signal * $1 - level.noise * $0 },
        .score: Self.noise.map { -$0 / level.noise },
        .flowVelocity: pairs.map { $1 - $0 },
        .preconditioned: pairs.map { preconditioned($0, $1, level) },
      ]
    )
  }

  /// Karras' F from x̂_0 = c_skip·x + c_out·F, with σ_d² = 1/3.
  private func preconditioned(_ clean: Double, _ noise: Double, _ level: NoiseLevel) -> Double {
    let power = level.signal * level.signal / 3 + level.noise * level.noise
    let skip = level.signal / 3 / power
    let x = level.signal * clean + level.noise * noise
    return (clean - skip * x) / (level.noise * (1 / 3 / power).squareRoot())
  }

  @Test func `every quantity converts into every other`() throws {
    for level in Self.levels {
      let (noisy, values) = quantities(level)
      #expect(values.count == PredictionType.allCases.count)
      expectClose(zip(Self.clean, Self.noise).map { level.noisy($0, $1) }, noisy, relative: 1e-12)
      for source in PredictionType.allCases {
        let given = try #require(values[source])
        expectClose(
          zip(Self.clean, Self.noise).map { level.target(source)($0, $1) }, given,
          relative: 1e-12, absolute: 1e-13, "target \(source)")
        for wanted in PredictionType.allCases {
          let conversion = level.conversion(from: source, to: wanted)
          // Where little of a quantity is left in x_t, rounding is all that limits its recovery.
          let lost = 1e-15 / min(level.signal, level.noise) / min(level.noise, 1)
          expectClose(
            zip(noisy, given).map { conversion($0, $1) }, try #require(values[wanted]),
            relative: 1e-10, absolute: 10 * lost, "\(source) → \(wanted) at \(level)")
        }
      }
    }
  }

  @Test(arguments: PredictionType.allCases)
  func `a quantity converts into itself exactly`(type: PredictionType) {
    for level in Self.levels {
      let identity = level.conversion(from: type, to: type)
      #expect(abs(identity.first) < 1e-15)
      expectClose(identity.second, 1, relative: 1e-15)
    }
  }

  @Test func `guidance exaggerates the difference`() {
    let combination = Guidance(weight: 3).combination
    #expect(combination([2, 1], [1, 1]) == [5, 1])
    #expect(Guidance(weight: 0).combination([2, 1], [7, 7]) == [2, 1])
  }

  @Test func `a combination may overwrite its argument`() {
    var x: [Float] = [1, 2, 3]
    let y: [Float] = [10, 20, 30]
    x.withUnsafeMutableBufferPointer { x in
      y.withUnsafeBufferPointer {
        LinearCombination(2, 0.5).apply(UnsafeBufferPointer(x), $0, into: x)
      }
    }
    #expect(x == [7, 14, 21])
  }
}
