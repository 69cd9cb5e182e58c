internal import Foundation
internal import Neural
internal import Randomness

/// A lower bound of the density of chunks behind which a latent stands: the mean of
/// p(A | z) p(z) / q(z) over several draws of z from q, whose logarithm is below ln p(A) on
/// average.
///
/// Source: Burda, Grosse & Salakhutdinov, "Importance weighted autoencoders", ICLR 2016,
/// equation 8.
final class LatentBound: ChunkLikelihood {
  /// How many draws.
  static let draws = 64

  let isBound = true
  let capacity: Int
  let observations: UnsafeMutableBufferPointer<Float>
  let images: [UnsafeMutableBufferPointer<Float>]
  private let pass: CodecPass
  private let noise: UnsafeMutableBufferPointer<Float>
  private let deviations: [Float]
  private let latent, chunk: Int
  private let hasPrior: Bool

  init(
    _ use: ConditionalVAENetwork.Use, _ codec: GaussianCodec, weights: Weights, capacity: Int
  ) {
    let parts = [use.posterior, use.decoded] + (use.prior.map { [$0] } ?? [])
    pass = CodecPass(
      Node.concatenation(parts), from: use.chunk, use.inputs, weights: weights, capacity: capacity)
    noise = pass.program.rows(of: use.noise)
    deviations = codec.deviations(weights)
    (latent, chunk) = (codec.width, use.decoded.count)
    hasPrior = use.prior != nil
    self.capacity = capacity
    (observations, images) = (pass.observations, pass.images)
  }

  func logDensities(of chunks: [Float], counting counted: [Bool]) -> [Double] {
    let count = chunks.count / chunk
    var logs = Array(repeating: [Double](), count: count)
    for draw in 0..<Self.draws {
      for row in 0..<count {
        fillNormals(
          UnsafeMutableBufferPointer(rebasing: noise[row * latent..<(row + 1) * latent]), seed: 0,
          purpose: .metric, step: UInt32(draw), index: UInt32(row))
      }
      let rows = pass(chunks)
      let width = rows.count / count
      for row in 0..<count {
        logs[row].append(
          logWeight(
            Array(rows[row * width..<(row + 1) * width]), noise[(row * latent)...],
            chunks[(row * chunk)...], counted))
      }
    }
    return logs.map { logs in
      let largest = logs.max() ?? 0
      return largest + log(logs.reduce(0) { $0 + exp($1 - largest) } / Double(logs.count))
    }
  }

  /// ln p(A | z) + ln p(z) − ln q(z) for the z of some noise.
  private func logWeight(
    _ outputs: [Float], _ noise: Slice<UnsafeMutableBufferPointer<Float>>,
    _ values: ArraySlice<Float>, _ counted: [Bool]
  ) -> Double {
    var sum = 0.0
    for j in 0..<latent {
      let (mean, spread) = (Double(outputs[j]), Double(outputs[latent + j]))
      let drawn = Double(noise[noise.startIndex + j])
      let z = mean + exp(spread / 2) * drawn
      let start = 2 * latent + chunk
      let prior =
        hasPrior ? (Double(outputs[start + j]), Double(outputs[start + latent + j])) : (0, 0)
      let distance = (z - prior.0) * exp(-prior.1 / 2)
      sum += (drawn * drawn + spread - distance * distance - prior.1) / 2
    }
    for j in 0..<chunk where counted[j % counted.count] {
      let deviation = Double(deviations[j])
      let distance =
        (Double(values[values.startIndex + j]) - Double(outputs[2 * latent + j]))
        / deviation
      sum -= (distance * distance + log(2 * .pi)) / 2 + log(deviation)
    }
    return sum
  }
}
