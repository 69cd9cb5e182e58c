import Foundation
import Neural
import Randomness
import TestSupport
import Testing

/// What is computed once for many, merged, halved or shared among threads against the plain way.
@Suite struct SharingTests {
  static let (times, samples) = (5, 14)

  /// A small transformer and a small sieve behind each other: every way in which a value of the
  /// noise step can meet one of a sample.
  private func record(_ scope: ParameterScope, _ graph: Graph) -> Node {
    let t = graph.input("t", shape: [6], rate: .perNoiseStep)
    let o = graph.input("o", shape: [6], rate: .perObservation)
    let x = graph.input("x", shape: [6])
    let time = Activation.silu(Linear(scope["t"], inputs: 6, outputs: 6)(t))
    // Read by an elementwise operation first and by a linear map later.
    let late = Activation.tanh(Linear(scope["l"], inputs: 6, outputs: 6)(t))
    let seen = o * late
    let tokens = Node.tokens([time.reshaped([1, 6]), seen.reshaped([1, 6]), x.reshaped([1, 6])])
    let all = tokens + SelfAttention(scope["a"], width: 6, heads: 3, headWidth: 7)(tokens)
    let norm = LayerNorm(scope["n"], width: 6)(all)
    let last = SelfAttention(scope["b"], width: 6, heads: 2, headWidth: 6)(norm, queries: 2..<3)
    // Large enough to be shared by workers.
    let wide = Linear(scope["w"], inputs: 6, outputs: 130)(last.flattened)
    let embedded = Linear(scope["e"], inputs: 130, outputs: 70)(Activation.gelu(wide))
    let hidden = Activation.gelu(
      Linear(scope["h"], inputs: 94, outputs: 9)(Activation.silu(embedded), time, late, o, x))
    return Linear(scope["out"], inputs: 15, outputs: 2)(hidden, time * x)
  }

  @Test func `what meets the noise step's value elementwise has the gradient of samples apart`()
    throws
  {
    let table = ParameterTable()
    let graph = Graph()
    let t = graph.input("t", shape: [6], rate: .perNoiseStep)
    _ = graph.input("o", shape: [6], rate: .perObservation)
    let x = graph.input("x", shape: [6])
    let time = Linear(table.root["t"], inputs: 6, outputs: 6)(t)
    let own = Linear(table.root["x"], inputs: 6, outputs: 6)(x)
    let film = own.reshaped([2, 3]).modulated(by: time, scale: 3, shift: 0, offset: 1).flattened
    let y = own * time + film * time + time * own
    let loss = y.squaredError(to: y * 0.25)
    try expectSharingChangesNothing(loss, table)
  }

  /// Compares loss and gradients of samples that share noise steps with those of samples apart.
  private func expectSharingChangesNothing(_ loss: Node, _ table: ParameterTable) throws {
    let weights = table.initialValues(seed: 7)
    let steps = (0..<Self.samples).map { $0 * $0 % Self.times }
    let results = try [0, Self.times].map { times -> (loss: [Float], gradients: [Float]) in
      let program = TrainingProgram(
        minimising: loss, table: table, batch: Self.samples, noiseSteps: times)
      try fill(program, steps)
      program.forward(weights)
      let gradients = FloatBuffer(count: table.count)
      program.backward(weights, gradients: gradients)
      return (Array(program.output), Array(gradients))
    }
    expectClose(results[1].loss, results[0].loss, relative: 2e-5, absolute: 1e-6)
    expectClose(results[1].gradients, results[0].gradients, relative: 5e-5, absolute: 1e-6)
    #expect(results[0].gradients.contains { abs($0) > 1e-3 })
  }

  private func fill(_ program: TrainingProgram, _ steps: [Int]) throws {
    var stream = RandomStream(seed: 3, purpose: .sampling)
    var table = [Float](repeating: 0, count: Self.times * 6)
    table.withUnsafeMutableBufferPointer { stream.fillNormal($0) }
    let t = try #require(program.rows(named: "t"))
    if let times = program.noiseSteps {
      _ = t.update(fromContentsOf: table)
      for row in steps.indices { times[row] = Int32(steps[row]) }
    } else {
      for row in steps.indices {
        for j in 0..<6 { t[row * 6 + j] = table[steps[row] * 6 + j] }
      }
    }
    stream.fillNormal(try #require(program.rows(named: "o")))
    stream.fillNormal(try #require(program.rows(named: "x")))
  }

  @Test func `samples that share noise steps have the loss and the gradient of samples apart`()
    throws
  {
    let table = ParameterTable()
    let graph = Graph()
    let y = record(table.root, graph)
    let loss = y.squaredError(to: y * 0.25)
    try expectSharingChangesNothing(loss, table)
  }

  @Test func `merged maps and attentions compute what the plain network does`() throws {
    let table = ParameterTable()
    let output = record(table.root, Graph())
    let weights = table.initialValues(seed: 7)
    let steps = [Int](repeating: 2, count: Self.samples)
    let plain = TrainingProgram(minimising: output, table: table, batch: Self.samples)
    try fill(plain, steps)
    plain.forward(weights)
    for (precision, tolerance) in [(WeightPrecision.single, 2e-5), (.half, 5e-3), (.int8, 0.1)] {
      let program = try deciding(output, weights, plain, precision: precision)
      program.step(noiseStep: 2, samples: Self.samples, observations: Self.samples)
      expectClose(
        Array(program.output), Array(plain.output), relative: tolerance, absolute: tolerance)
    }
  }

  /// A program for deciding with the inputs of a training program.
  private func deciding(
    _ output: Node, _ weights: FloatBuffer, _ plain: TrainingProgram, precision: WeightPrecision,
    workers: Int = 1
  ) throws -> InferenceProgram {
    let program = InferenceProgram(
      computing: output, weights: weights, samples: Self.samples, observations: Self.samples,
      noiseSteps: Self.times, precision: precision, workers: workers)
    let t = try #require(program.rows(named: "t"))
    for time in 0..<Self.times {
      for j in 0..<6 { t[time * 6 + j] = try #require(plain.rows(named: "t"))[j] }
    }
    program.prepareNoiseSteps()
    for name in ["o", "x"] {
      _ = try #require(program.rows(named: name)).update(
        fromContentsOf: try #require(plain.rows(named: name)))
    }
    program.observe(observations: Self.samples, samples: Self.samples)
    return program
  }

  /// Workers that share every product of a step.
  private final class Step: WorkerTeam {
    let program: InferenceProgram
    init(_ program: InferenceProgram) { self.program = program }

    func work(_ worker: Worker) {
      program.takeObservations(worker)
      // Twice, so that a worker that is ahead would meet what another still reads.
      for time in [0, 2] {
        program.step(
          time: time, samples: SharingTests.samples, observations: SharingTests.samples,
          rows: 0..<SharingTests.samples, with: worker)
      }
    }
  }

  @Test func `rows have the same bits one by one, all together and among threads`() throws {
    let table = ParameterTable()
    let output = record(table.root, Graph())
    let weights = table.initialValues(seed: 7)
    let plain = TrainingProgram(minimising: output, table: table, batch: Self.samples)
    try fill(plain, [Int](repeating: 2, count: Self.samples))
    let program = try deciding(output, weights, plain, precision: .single)
    program.step(noiseStep: 2, samples: Self.samples, observations: Self.samples)
    let all = Array(program.output)
    program.output.update(repeating: .nan)
    for row in 0..<Self.samples {
      program.step(
        time: 2, samples: Self.samples, observations: Self.samples, rows: row..<row + 1)
    }
    #expect(Array(program.output) == all)
    for threads in [2, 3] {
      let shared = try deciding(output, weights, plain, precision: .single, workers: threads)
      let x = try #require(shared.rows(named: "x"))
      for worker in 1..<threads {
        _ = try #require(shared.rows(named: "x", worker: worker)).update(fromContentsOf: x)
      }
      try WorkerPool(threads: threads).run(Step(shared))
      for worker in 0..<threads { #expect(Array(shared.output(worker: worker)) == all) }
    }
  }
}
