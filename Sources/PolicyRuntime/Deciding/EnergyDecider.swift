internal import Foundation
internal import Neural
internal import Randomness

/// Draws chunks from e^(−E) without its gradient: uniform chunks are weighted by their energies,
/// resampled and moved by noise, which shrinks from round to round.
///
/// A moved chunk's weight is divided by the density from which it was drawn, the mixture of kernels
/// about its round's chunks, each reflected where the normalised actions end. Without that, as
/// Implicit BC has it, each round would multiply the weights of modes by themselves once more, and
/// the likeliest would win every draw.
///
/// Source: Florence et al., "Implicit behavioral cloning", CoRL 2021, appendix B.1; Cappé et al.,
/// "Population Monte Carlo", 2004.
final class EnergyDecider: Decider {
  let capacity: Int
  let observations: UnsafeMutableBufferPointer<Float>
  let images: [UnsafeMutableBufferPointer<Float>]
  private let program: InferenceProgram
  private let samples: Int
  private let width: Int
  private let shape: PolicyShape
  /// The kernels of the rounds.
  private let kernels: [FoldedKernel]
  private let actions: UnsafeMutableBufferPointer<Float>
  private let clouds: FloatBuffer
  private let parents: FloatBuffer
  private let chosen: FloatBuffer
  private let weights: UnsafeMutableBufferPointer<Double>
  private let workspace: UnsafeMutableBufferPointer<Float>
  private let streams: UnsafeMutableBufferPointer<RandomStream>

  init(
    _ program: InferenceProgram, _ inputs: EncoderInputs, actions: Node,
    _ options: EnergyConfiguration, _ shape: PolicyShape
  ) {
    self.program = program
    capacity = program.capacity.observations
    samples = options.samples
    width = shape.chunkWidth
    self.shape = shape
    kernels = (0..<options.rounds).map {
      FoldedKernel(deviation: max(options.noise * pow(options.shrinkage, Double($0)), 1e-6))
    }
    observations = program.rows(of: inputs.observation)
    images = program.imageRows(inputs)
    self.actions = program.rows(of: actions)
    clouds = FloatBuffer(count: capacity * samples * width)
    parents = FloatBuffer(count: capacity * samples * width)
    chosen = FloatBuffer(count: capacity * width)
    weights = .allocate(capacity: samples)
    workspace = .allocate(capacity: samples)
    streams = .allocate(capacity: capacity)
    streams.initialize(repeating: DecisionKey(seed: 0, step: 0).stream)
  }

  deinit {
    weights.deallocate()
    workspace.deallocate()
    streams.deallocate()
  }

  func decide(_ keys: UnsafeBufferPointer<DecisionKey>) -> UnsafeMutableBufferPointer<Float> {
    for (window, key) in keys.enumerated() {
      streams[window] = key.stream
      for j in cloud(window).indices {
        cloud(window)[j] = Float(streams[window].uniform(from: -1, to: 1))
      }
    }
    program.observe(observations: keys.count, samples: keys.count * samples)
    for round in 0...kernels.count {
      show(count: keys.count * samples * width)
      program.step(samples: keys.count * samples, observations: keys.count)
      for window in keys.indices {
        weigh(window, drawnFrom: round == 0 ? nil : kernels[round - 1])
        if round < kernels.count {
          resample(window, kernels[round])
        } else {
          choose(window)
        }
      }
    }
    return UnsafeMutableBufferPointer(start: chosen.pointer, count: keys.count * width)
  }

  /// The chunks of a window, samples × width, in the cube [−1, 1]^width.
  private func cloud(_ window: Int) -> UnsafeMutableBufferPointer<Float> {
    let count = samples * width
    return UnsafeMutableBufferPointer(start: clouds.pointer + window * count, count: count)
  }

  /// Shows the network the chunks where the cube is the reach of normalised actions.
  private func show(count: Int) {
    for index in 0..<count {
      actions[index] = shape.value(ofUnit: clouds.pointer[index], at: index % width)
    }
  }

  /// Where the chunks that a window's were drawn about stand.
  private func parents(_ window: Int) -> UnsafeMutableBufferPointer<Float> {
    let count = samples * width
    return UnsafeMutableBufferPointer(start: parents.pointer + window * count, count: count)
  }

  /// Writes each chunk's weight: e^(−E) over the density that it was drawn from, the largest 1.
  private func weigh(_ window: Int, drawnFrom kernel: FoldedKernel?) {
    let cloud = UnsafeBufferPointer(cloud(window))
    let parents = UnsafeBufferPointer(parents(window))
    var largest = -Double.infinity
    for i in 0..<samples {
      weights[i] = -Double(program.output[window * samples + i])
      if let kernel {
        weights[i] -= kernel.logDensity(
          at: chunk(i, of: cloud), of: parents, workspace: workspace)
      }
      largest = max(largest, weights[i])
    }
    for i in 0..<samples { weights[i] = exp(weights[i] - largest) }
  }

  private func chunk(
    _ index: Int, of chunks: UnsafeBufferPointer<Float>
  ) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(rebasing: chunks[index * width..<(index + 1) * width])
  }

  /// Draws as many chunks as there are by their weights, evenly spread, and moves each by the
  /// kernel.
  private func resample(_ window: Int, _ kernel: FoldedKernel) {
    let (cloud, parents) = (cloud(window), parents(window))
    let total = weights.reduce(0, +)
    let offset = streams[window].uniform()
    var source = 0
    var sum = weights[0]
    for i in 0..<samples {
      while sum < (Double(i) + offset) / Double(samples) * total, source < samples - 1 {
        source += 1
        sum += weights[source]
      }
      for j in 0..<width { parents[i * width + j] = cloud[source * width + j] }
    }
    for i in 0..<samples {
      kernel.draw(
        UnsafeMutableBufferPointer(rebasing: cloud[i * width..<(i + 1) * width]),
        about: chunk(i, of: UnsafeBufferPointer(parents)), &streams[window])
    }
  }

  /// Draws one chunk by the weights.
  private func choose(_ window: Int) {
    let share = streams[window].uniform() * weights.reduce(0, +)
    var index = 0
    var sum = weights[0]
    while sum <= share, index < samples - 1 {
      index += 1
      sum += weights[index]
    }
    let cloud = cloud(window)
    for j in 0..<width {
      chosen.pointer[window * width + j] = shape.value(ofUnit: cloud[index * width + j], at: j)
    }
  }
}
