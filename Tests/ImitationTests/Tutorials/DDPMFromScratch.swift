import Diffusion
import Foundation
import Neural
import Randomness

/// Two clouds of pairs: three quarters lie around (0.6, −0.4), one quarter around (−0.6, 0.4).
enum Clouds {
  static let weight = 0.75
  static let centre: [Double] = [0.6, -0.4]
  static let deviation = 0.1

  static func draw(_ stream: inout RandomStream) -> [Double] {
    let side: Double = stream.uniform() < weight ? 1 : -1
    return centre.map { side * $0 + deviation * stream.normal() }
  }

  /// The exact density of the first value of a pair after noise: a mixture still.
  static func density(_ x: Double, at level: NoiseLevel = .clean) -> Double {
    let variance = level.signalPower * deviation * deviation + level.noisePower
    func bell(_ side: Double) -> Double {
      let distance = x - level.signal * side * centre[0]
      return exp(-distance * distance / (2 * variance)) / (2 * .pi * variance).squareRoot()
    }
    return weight * bell(1) + (1 - weight) * bell(-1)
  }
}

/// Pairs with noise: what a denoiser learns from.
final class NoisyPairs: BatchSource {
  let process: NoiseProcess
  let noisy, time, noise: UnsafeMutableBufferPointer<Float>

  init(_ process: NoiseProcess, _ program: TrainingProgram, noisy: Node, time: Node, noise: Node) {
    self.process = process
    self.noisy = program.rows(of: noisy)
    self.time = program.rows(of: time)
    self.noise = program.rows(of: noise)
  }

  func fill(_ rows: Range<Int>, step: Int) {
    for row in rows {
      var stream = RandomStream(
        seed: 1, purpose: .trainingNoise, step: UInt32(step), index: UInt32(row))
      let clean = Clouds.draw(&stream)
      let t = 1 + stream.integer(below: process.steps)
      let level = process.level(t)
      time[row] = Float(t) / Float(process.steps)
      for i in 0..<2 {
        let epsilon = stream.normal()
        noise[2 * row + i] = Float(epsilon)
        noisy[2 * row + i] = Float(level.signal * clean[i] + level.noise * epsilon)
      }
    }
  }
}

/// A denoiser of pairs, learnt from scratch.
struct PairDenoiser {
  let process: NoiseProcess
  let program: InferenceProgram
  let noisy, time: Node
  let count: Int

  init(steps: Int, drawing count: Int, threads: Int = 1) throws {
    process = NoiseProcess(
      try NoiseSchedule(NoiseSchedule.Specification(kind: .cosine, steps: 50)))

    let graph = Graph()
    let table = ParameterTable()
    noisy = graph.input("noisy", shape: [2])
    time = graph.input("time", shape: [1])
    let noise = graph.input("noise", shape: [2])
    let first = Linear(table.root["first"], inputs: 3, outputs: 128)
    let second = Linear(table.root["second"], inputs: 128, outputs: 128)
    let last = Linear(table.root["last"], inputs: 128, outputs: 2)
    let seen = Node.concatenation([noisy, time])
    let predicted = last(Activation.gelu(second(Activation.gelu(first(seen)))))

    let training = TrainingProgram(
      minimising: predicted.squaredError(to: noise), table: table, batch: 256)
    let pairs = NoisyPairs(process, training, noisy: noisy, time: time, noise: noise)
    let state = OptimiserState(table, seed: 0)
    let rate = LearningRate(peak: 2e-3)
    let pool = try WorkerPool(threads: threads)
    for step in 0..<steps {
      _ = training.step(
        state, source: pairs, optimiser: AdamW(),
        learningRate: rate.value(step: step + 1, of: steps), pool: pool)
    }

    self.count = count
    program = InferenceProgram(
      computing: predicted, weights: Weights(copying: state.average), samples: count,
      observations: 1)
  }

  /// ε̂ of all pairs at noise step t.
  func predict(
    _ x: UnsafeBufferPointer<Float>, _ t: Int, _ result: UnsafeMutableBufferPointer<Float>
  ) {
    _ = program.rows(of: noisy).update(fromContentsOf: x)
    program.rows(of: time).update(repeating: Float(t) / Float(process.steps))
    program.step(samples: count, observations: 1)
    _ = result.update(fromContentsOf: program.output)
  }

  /// Pairs drawn by a plan: from noise to clean values.
  func draw(_ plan: SamplingPlan, seed: UInt64) -> [Float] {
    func normals(_ index: Int, _ values: UnsafeMutableBufferPointer<Float>) {
      var stream = RandomStream(seed: seed, purpose: .sampling, index: UInt32(index))
      stream.fillNormal(values)
    }
    let buffers = (0..<4).map { _ in
      UnsafeMutableBufferPointer<Float>.allocate(capacity: 2 * count)
    }
    defer { buffers.forEach { $0.deallocate() } }
    let x = buffers[0]
    normals(0, x)
    for index in x.indices { x[index] *= plan.startScale }
    plan.run(
      x, prediction: buffers[1], noise: buffers[2], memory: buffers[3],
      predict: predict, draw: { normals($0 + 1, $1) })
    return Array(x)
  }
}

/// The first values of pairs, counted in bars beside the exact density.
func histogram(_ pairs: [Float], bins: Int = 24) -> String {
  let firsts = stride(from: 0, to: pairs.count, by: 2).map { Double(pairs[$0]) }
  let width = 2.4 / Double(bins)
  return (0..<bins).map { bin in
    let low = -1.2 + Double(bin) * width
    let share = Double(firsts.filter { (low..<low + width).contains($0) }.count)
    let drawn = share / Double(firsts.count) / width
    let exact = Clouds.density(low + width / 2)
    func bar(_ density: Double) -> String {
      String(repeating: "▪", count: Int((density * 10).rounded()))
    }
    return "\(String(format: "%5.2f", low + width / 2)) \(bar(drawn)) | \(bar(exact))"
  }.joined(separator: "\n")
}
