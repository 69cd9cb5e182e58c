import Foundation
import Neural
import Randomness
import TestSupport
import Testing

/// Programs: that hoisting changes nothing, and that threads change nothing.
@Suite struct ProgramTests {
  /// A small denoiser with inputs of all three rates, mixed in every kind of operation.
  private func record(_ scope: ParameterScope, _ graph: Graph) -> Node {
    let t = graph.input("t", shape: [3], rate: .perNoiseStep)
    let o = graph.input("o", shape: [4], rate: .perObservation)
    let x = graph.input("x", shape: [2])
    let timeEmbedding = Activation.silu(Linear(scope["t"], inputs: 3, outputs: 8)(t))
    let seen = Activation.gelu(Linear(scope["o"], inputs: 4, outputs: 8)(o))
    let context = Linear(scope["c"], inputs: 16, outputs: 8)(timeEmbedding, seen)
    let hidden = Activation.gelu(
      Linear(scope["h"], inputs: 18, outputs: 8)(x, timeEmbedding, seen))
    let norm = LayerNorm(scope["n"], width: 8)(hidden + seen * timeEmbedding)
    let rows = Linear(scope["r"], inputs: 8, outputs: 4)(
      Node.concatenation([norm, context]).reshaped([2, 8]))
    return Linear(scope["out"], inputs: 26, outputs: 2)(
      Activation.tanh(rows.flattened), seen, context, x)
  }

  @Test func `what is computed once a decision or once for all steps is computed right`() throws {
    let table = ParameterTable()
    let graph = Graph()
    let output = record(table.root, graph)
    let weights = table.initialValues(seed: 4)
    let (times, observations, each) = (5, 3, 4)
    let samples = observations * each
    let deciding = InferenceProgram(
      computing: output, weights: weights, samples: samples + 3, observations: observations + 1,
      noiseSteps: times)
    // The same network with a row of everything for each sample: nothing is hoisted in training.
    let plain = TrainingProgram(minimising: output, table: table, batch: samples)
    var stream = RandomStream(seed: 8, purpose: .sampling)
    let t = try #require(deciding.rows(named: "t"))
    stream.fillNormal(t)
    deciding.prepareNoiseSteps()
    for time in [0, 3, 4] {
      let o = try #require(deciding.rows(named: "o"))
      let x = try #require(deciding.rows(named: "x"))
      stream.fillNormal(o)
      stream.fillNormal(x)
      for sample in 0..<samples {
        for j in 0..<3 { try #require(plain.rows(named: "t"))[sample * 3 + j] = t[time * 3 + j] }
        for j in 0..<4 {
          try #require(plain.rows(named: "o"))[sample * 4 + j] = o[sample / each * 4 + j]
        }
        for j in 0..<2 { try #require(plain.rows(named: "x"))[sample * 2 + j] = x[sample * 2 + j] }
      }
      plain.forward(weights)
      deciding.observe(observations: observations, samples: samples)
      deciding.step(noiseStep: time, samples: samples, observations: observations)
      expectClose(
        Array(deciding.output.prefix(samples * 2)), Array(plain.output), relative: 1e-5,
        absolute: 1e-6, "step \(time)")
    }
  }

  /// Fills inputs from streams of the row, as a real source does.
  final class RandomRows: BatchSource {
    let inputs: [UnsafeMutableBufferPointer<Float>]
    let batch: Int

    init(_ inputs: [UnsafeMutableBufferPointer<Float>], batch: Int) {
      self.inputs = inputs
      self.batch = batch
    }

    func fill(_ rows: Range<Int>, step: Int) {
      for (number, input) in inputs.enumerated() {
        let width = input.count / batch
        for row in rows {
          fillNormals(
            UnsafeMutableBufferPointer(rebasing: input[row * width..<(row + 1) * width]),
            seed: UInt64(number), purpose: .trainingNoise, step: UInt32(step), index: UInt32(row))
        }
      }
    }
  }

  private func trained(threads: Int, batch: Int) throws -> (weights: [Float], losses: [Double]) {
    let table = ParameterTable()
    let graph = Graph()
    let output = record(table.root, graph)
    let loss = output.squaredError(to: graph.input("target", shape: [2]))
    let program = TrainingProgram(minimising: loss, table: table, batch: batch)
    let state = OptimiserState(table, seed: 1)
    let source = RandomRows(
      ["t", "o", "x", "target"].compactMap { program.input($0) }, batch: batch)
    let pool = try WorkerPool(threads: threads)
    let losses = (0..<20).map { _ in
      program.step(
        state, source: source, optimiser: AdamW(largestGradientNorm: 0.5), learningRate: 1e-2,
        pool: pool
      ).loss
    }
    return (Array(state.weights) + Array(state.average), losses)
  }

  @Test(arguments: [1, 17, 64, 600])
  func `training has the same bytes on 1, 2 and 7 threads`(_ batch: Int) throws {
    let one = try trained(threads: 1, batch: batch)
    for threads in [2, 7] {
      let several = try trained(threads: threads, batch: batch)
      #expect(several.weights == one.weights)
      #expect(several.losses == one.losses)
    }
  }

  @Test func `training lowers the loss of a learnable target`() throws {
    let table = ParameterTable()
    let graph = Graph()
    let x = graph.input("x", shape: [2])
    let hidden = Activation.gelu(Linear(table.root["a"], inputs: 2, outputs: 32)(x))
    let y = Linear(table.root["b"], inputs: 32, outputs: 2)(hidden)
    let program = TrainingProgram(minimising: y.squaredError(to: x), table: table, batch: 32)
    let source = RandomRows([try #require(program.rows(named: "x"))], batch: 32)
    let state = OptimiserState(table, seed: 1)
    let pool = try WorkerPool(threads: 2)
    var losses: [Double] = []
    for _ in 0..<400 {
      let report = program.step(
        state, source: source, optimiser: AdamW(), learningRate: 1e-2, pool: pool)
      losses.append(report.loss)
    }
    #expect(losses[0] > 0.5)
    #expect(losses.suffix(20).reduce(0, +) / 20 < 0.01)
  }

  @Test func `initial weights are uniform within PyTorch's bound and differ by seed`() {
    let table = ParameterTable()
    _ = Linear(table.root, inputs: 100, outputs: 50)
    let weights = table.initialValues(seed: 1)
    let values = Array(weights.prefix(5000))
    #expect(values.allSatisfy { abs($0) <= 0.1 })
    let variance = values.reduce(0.0) { $0 + Double($1 * $1) } / 5000
    expectClose(variance, 0.01 / 3, relative: 0.05)  // of a uniform distribution in ±0.1
    #expect(values != Array(table.initialValues(seed: 2).prefix(5000)))
  }

  @Test func `a seed has the initial weights that it always had`() {
    let table = ParameterTable()
    _ = table.root.declare("a", shape: [6], initialiser: .uniform(bound: 0.3))
    _ = table.root.declare("b", shape: [3], initialiser: .normal(standardDeviation: 2))
    let weights = Weights(copying: table.initialValues(seed: 12))
    #expect(
      weights[table.parameters[0]].map(\.bitPattern) == [
        1_024_569_808, 3_194_278_160, 1_028_836_200, 1_045_997_720, 3_185_300_574, 1_040_695_614,
      ])
    #expect(
      weights[table.parameters[1]].map(\.bitPattern) == [
        1_069_499_924, 1_047_307_458, 3_201_760_081,
      ])
  }
}
