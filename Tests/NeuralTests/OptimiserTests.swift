import CKernels
import Neural
import Randomness
import TestSupport
import Testing

/// Optimiser steps against PyTorch's, and rules against their closed forms.
@Suite struct OptimiserTests {
  struct Case: Decodable {
    var name: String
    var start: NestedNumbers
    var gradients: [NestedNumbers]
    var after_each_step: [NestedNumbers]
  }
  struct File: Decodable {
    var learning_rate: Float
    var cases: [Case]
  }

  /// Feeds given gradients through a training step: the loss of x·w has the gradient x.
  final class GivenGradients: BatchSource {
    let input: UnsafeMutableBufferPointer<Float>
    let gradients: [[Float]]

    init(input: UnsafeMutableBufferPointer<Float>, gradients: [[Float]]) {
      self.input = input
      self.gradients = gradients
    }

    func fill(_ rows: Range<Int>, step: Int) {
      _ = input.update(fromContentsOf: gradients[step])
    }
  }

  @Test(arguments: ["adam", "adamw"])
  func `a training step moves weights as PyTorch's optimiser does`(_ name: String) throws {
    let file = try fixture("optimizers", as: File.self, in: .module)
    let reference = try #require(file.cases.first { $0.name == name })
    let table = ParameterTable()
    let graph = Graph()
    let linear = Linear(table.root, inputs: 6, outputs: 1, hasBias: false)
    let program = TrainingProgram(
      minimising: linear(graph.input("x", shape: [6])), table: table, batch: 1)
    let state = OptimiserState(table, seed: 0)
    state.weights.pointer.update(from: reference.start.floats, count: 6)
    let source = GivenGradients(
      input: try #require(program.rows(named: "x")), gradients: reference.gradients.map(\.floats))
    let pool = try WorkerPool(threads: 2)
    let optimiser = AdamW(weightDecay: name == "adamw" ? 0.1 : 0)
    for expected in reference.after_each_step {
      _ = program.step(
        state, source: source, optimiser: optimiser, learningRate: file.learning_rate, pool: pool)
      expectClose(
        Array(state.weights.elements.prefix(6)), expected.values, relative: 1e-5, absolute: 1e-7,
        "\(name) after step \(state.step)")
    }
  }

  @Test func `clipping scales a long gradient to the limit and leaves a short one`() throws {
    // With β₁ = β₂ = 0 and a huge ε the update is proportional to the (clipped) gradient.
    func moved(_ gradient: [Float]) throws -> (change: [Float], norm: Double) {
      let table = ParameterTable()
      let graph = Graph()
      let linear = Linear(table.root, inputs: 2, outputs: 1, hasBias: false)
      let program = TrainingProgram(
        minimising: linear(graph.input("x", shape: [2])), table: table, batch: 1)
      let state = OptimiserState(table, seed: 0)
      let before = Array(state.weights.elements.prefix(2))
      let source = GivenGradients(
        input: try #require(program.rows(named: "x")), gradients: [gradient])
      let report = program.step(
        state, source: source,
        optimiser: AdamW(beta1: 0, beta2: 0, epsilon: 1e3, largestGradientNorm: 1),
        learningRate: 1e3, pool: try WorkerPool(threads: 1))
      return (zip(before, state.weights.elements).map { $0 - $1 }, report.gradientNorm)
    }
    let long = try moved([30, 40])
    expectClose(long.norm, 50, relative: 1e-6)
    expectClose(long.change, [0.6, 0.8], relative: 2e-3)
    let short = try moved([0.3, 0.4])
    expectClose(short.change, [0.3, 0.4], relative: 2e-3)
  }

  @Test func `the average of weights warms up and then follows slowly`() {
    let rule = MovingAverage(power: 0.75, largest: 0.999)
    #expect(rule.decay(step: 1) == 0)
    expectClose(Double(rule.decay(step: 16)), 1 - 1 / 8.0, relative: 1e-6)  // 16^0.75 = 8
    expectClose(Double(rule.decay(step: 1_000_000)), 0.999, relative: 1e-6)
    #expect(MovingAverage(power: 0).decay(step: 500) == 0)
  }

  @Test func `the learning rate rises to its peak and falls along half a cosine`() {
    let rule = LearningRate(peak: 2, warmupSteps: 10, finalFraction: 0.1)
    expectClose(rule.value(step: 5, of: 110), 1, relative: 1e-6)
    expectClose(rule.value(step: 10, of: 110), 2, relative: 1e-6)
    expectClose(rule.value(step: 60, of: 110), 2 * 0.55, relative: 1e-6)
    expectClose(rule.value(step: 110, of: 110), 0.2, relative: 1e-6)
  }

  @Test func `a loss that is not finite leaves the weights as they were`() throws {
    let table = ParameterTable()
    let graph = Graph()
    let linear = Linear(table.root, inputs: 2, outputs: 1)
    let program = TrainingProgram(
      minimising: linear(graph.input("x", shape: [2])), table: table, batch: 1)
    let state = OptimiserState(table, seed: 0)
    let before = Array(state.weights.elements)
    let source = GivenGradients(
      input: try #require(program.rows(named: "x")), gradients: [[.nan, 1]])
    let report = program.step(
      state, source: source, optimiser: AdamW(), learningRate: 0.1,
      pool: try WorkerPool(threads: 2))
    #expect(report.loss.isNaN)
    #expect(Array(state.weights.elements) == before)
  }
}
