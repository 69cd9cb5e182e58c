import EnvironmentInterface
import Foundation
import Imitation
import Neural
import TestSupport
import Testing

/// The searches of an energy-based policy against a density that is known: E = slope · Σ a, so that
/// the values of a chunk are independent with a density ∝ e^(−slope · a) on [−1, 1].
@Suite struct EnergySamplerTests {
  /// Decides `count` times, given a network whose energy is just that: GELU(x) − GELU(−x) = x.
  private func values(
    width: Int, slope: Float, _ energy: EnergyConfiguration, count: Int
  ) throws -> [Float] {
    let configuration = PolicyConfiguration(
      method: EnergyMethod(energy: energy), backbone: MLP(hiddenWidth: 2 * width, depth: 1))
    let shape = PolicyShape(stepObservationWidth: 1, actionWidth: width, horizons: .single)
    let table = try PolicyModel(configuration, shape: shape).table
    var tensors = Dictionary(
      uniqueKeysWithValues: table.parameters.map {
        (
          $0.name,
          Tensor(shape: $0.fileShape, elements: Array(repeating: 0, count: $0.count))
        )
      })
    for value in 0..<width {
      for (unit, sign) in [(2 * value, Float(1)), (2 * value + 1, -1)] {
        tensors["hidden.0.weight"]?.elements[unit * (width + 1) + value] = sign
        tensors["output.weight"]?.elements[unit] = sign * slope
      }
    }
    let ones = [Float](repeating: 1, count: width)
    let checkpoint = Checkpoint(
      configuration: TrainingConfiguration(policy: configuration),
      provenance: Checkpoint.Provenance(
        environment: nil, environmentName: nil, demonstrations: "", digest: "", episodes: 0,
        steps: 0),
      shape: shape,
      normalizer: Normalizer(
        observations: [try FeatureScale(name: "x", low: [-1], high: [1])],
        action: try FeatureScale(name: "action", low: ones.map { -$0 }, high: ones)),
      weights: try table.weights(from: Safetensors(tensors: tensors), path: "energy"), step: 0)
    let policy = try Policy(checkpoint, capacity: 50)
    let keys = (0..<count).map { DecisionKey(seed: UInt64($0), step: 0) }
    let windows = keys.map { _ in ObservationWindow([["x": .float32([0.5])]]) }
    return try policy.act(windows, keys: keys).flatMap { $0[0] }
  }

  /// Compares the shares of ten bins with the density's.
  private func expectDensity(_ values: [Float], slope: Double, tolerance: Double) {
    func distribution(_ a: Double) -> Double {
      slope == 0 ? (a + 1) / 2 : (exp(slope) - exp(-slope * a)) / (exp(slope) - exp(-slope))
    }
    let shares = (0..<10).map { bin in
      let low = -1 + Float(bin) / 5
      return Double(values.count { $0 >= low && $0 < low + 0.2 }) / Double(values.count)
    }
    let expected = (0..<10).map { bin in
      distribution(-1 + Double(bin + 1) / 5) - distribution(-1 + Double(bin) / 5)
    }
    expectClose(shares, expected, absolute: tolerance, "shares of tenths, slope \(slope)")
    // Whatever the density, nobody is exactly on the bounds.
    #expect(!values.contains { abs($0) >= 1 })
  }

  @Test(arguments: [(1, Float(0)), (1, 1.5), (2, 0), (2, -0.7)])
  func `a derivative-free search draws from the density of the energy`(
    _ width: Int, _ slope: Float
  ) throws {
    let values = try values(
      width: width, slope: slope, EnergyConfiguration(samples: 128), count: 1500 / width)
    // Three standard errors of a share; what 128 samples leave is less in so few dimensions.
    expectDensity(values, slope: Double(slope), tolerance: 0.03)
  }

  @Test func `of six values none lies on the bounds`() throws {
    let values = try values(width: 6, slope: 0, EnergyConfiguration(samples: 64), count: 200)
    #expect(!values.contains { abs($0) >= 1 })
    // Clamped draws lay there in more than a quarter of the chunks.
    let atEnds = Double(values.count { abs($0) > 0.99 }) / Double(values.count)
    #expect(atEnds < 0.03)
  }

  @Test(arguments: [Float(0), 1.5])
  func `a Langevin search draws from the density of the energy`(_ slope: Float) throws {
    let values = try values(
      width: 3, slope: slope,
      EnergyConfiguration(search: .langevin, langevinSteps: 100, langevinStep: 0.5), count: 600)
    expectDensity(values, slope: Double(slope), tolerance: 0.03)
  }
}
