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

  /// The exact score ∇ ln p of a pair after noise: the pull of each cloud, by how likely the pair
  /// came from it.
  static func score(_ pair: [Double], at level: NoiseLevel) -> [Double] {
    let variance = level.signalPower * deviation * deviation + level.noisePower
    let pulls = [1.0, -1.0].map { side in
      zip(pair, centre).map { (level.signal * side * $1 - $0) / variance }
    }
    let likely = zip([weight, 1 - weight], pulls).map { share, pull in
      share * exp(-variance * pull.reduce(0) { $0 + $1 * $1 } / 2)
    }
    return pair.indices.map {
      (likely[0] * pulls[0][$0] + likely[1] * pulls[1][$0]) / (likely[0] + likely[1])
    }
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

  init(
    steps: Int, drawing count: Int, threads: Int = 1, report: (Int, Double) -> Void = { _, _ in }
  ) throws {
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
      let done = training.step(
        state, source: pairs, optimiser: AdamW(),
        learningRate: rate.value(step: step + 1, of: steps), pool: pool)
      report(step + 1, done.loss)
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

  /// The learnt score −ε̂/bₜ at some pairs, at most as many as are drawn at once.
  func score(_ pairs: [[Double]], t: Int) -> [[Double]] {
    var x = [Float](repeating: 0, count: 2 * count)
    var epsilon = x
    for (index, value) in pairs.joined().enumerated() { x[index] = Float(value) }
    x.withUnsafeBufferPointer { x in
      epsilon.withUnsafeMutableBufferPointer { predict(x, t, $0) }
    }
    let noise = process.level(t).noise
    return pairs.indices.map { row in (0..<2).map { -Double(epsilon[2 * row + $0]) / noise } }
  }

  /// Four ways from noise to clean pairs.
  var plans: [(name: String, plan: SamplingPlan)] {
    let all = Array((1...process.steps).reversed())
    let few = Array(stride(from: process.steps, to: 0, by: -3))
    let samplers: [(String, any Sampler, [Int])] = [
      ("DDPM, 50 steps", DDPMSampler(clip: 1), all),
      ("DDIM, 17 steps", DDIMSampler(clip: 1), few),
      ("DPM-Solver++, 17 steps", DPMSolverSampler(clip: 1), few),
      ("annealed Langevin", LangevinSampler(clip: 1), all),
    ]
    return samplers.map { name, sampler, visited in
      (name, SamplingPlan(sampler, visiting: visited, in: process, prediction: .epsilon))
    }
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

/// The first values of pairs, counted in bars: the middle of each bar and its density.
func histogram(_ pairs: [Float], bins: Int = 24) -> [(middle: Double, density: Double)] {
  let firsts = stride(from: 0, to: pairs.count, by: 2).map { Double(pairs[$0]) }
  let width = 2.4 / Double(bins)
  return (0..<bins).map { bin in
    let low = -1.2 + Double(bin) * width
    let share = Double(firsts.filter { (low..<low + width).contains($0) }.count)
    return (low + width / 2, share / Double(firsts.count) / width)
  }
}

/// A histogram in text: what was drawn beside the exact density.
func text(_ histogram: [(middle: Double, density: Double)]) -> String {
  func bar(_ density: Double) -> String {
    String(repeating: "▪", count: Int((density * 10).rounded()))
  }
  return histogram.map { middle, drawn in
    let left = bar(drawn).padding(toLength: 32, withPad: " ", startingAt: 0)
    return "\(String(format: "%5.2f", middle)) \(left)| \(bar(Clouds.density(middle)))"
  }.joined(separator: "\n")
}
