import Foundation
import Imitation
import Neural
import PolicyRuntime
import TestSupport
import Testing

/// The invertible map of chunks against nflows.
@Suite struct FlowTests {
  private struct File: Decodable {
    struct Case: Decodable {
      var parameters: [String: NestedNumbers]
      var x, context, z, log_likelihood, noise, inverse_of_noise: NestedNumbers
      var mean_negative_log_likelihood: Double
      var gradients: [String: NestedNumbers]
    }

    var cases: [Case]
  }

  private struct Flow {
    let table = ParameterTable()
    let flow: CouplingFlow

    init() {
      let networks = CouplingFlow.networks(
        table.root, width: 4, context: 3, couplings: 2,
        layers: CodecLayers(hiddenWidth: 8, depth: 1))
      flow = CouplingFlow(table.root, width: 4, networks: networks)
    }

    /// The parameter of a name of nflows.
    func parameter(_ name: String) -> Parameter? {
      let parts = name.split(separator: ".").map(String.init)
      let layer = parts[1] == "first" ? "hidden.0" : "output"
      return table["coupling.\(parts[0].dropFirst(8)).\(layer).\(parts[2])"]
    }
  }

  /// A weight (out, in) as it lies in memory, or a bias.
  private func inMemory(_ numbers: NestedNumbers) -> [Double] {
    guard numbers.shape.count == 2 else { return numbers.values }
    let (rows, columns) = (numbers.shape[0], numbers.shape[1])
    return (0..<rows * columns).map { numbers.values[$0 % rows * columns + $0 / rows] }
  }

  @Test func `likelihoods, inverses and gradients are those of nflows`() throws {
    let file: File = try fixture("realnvp", in: .module)
    let known = try #require(file.cases.first)
    let flow = Flow()
    let weights = flow.table.initialValues(seed: 0)
    for (name, numbers) in known.parameters {
      let parameter = try #require(flow.parameter(name))
      for (index, value) in inMemory(numbers).enumerated() {
        weights.pointer[parameter.offset + index] = Float(value)
      }
    }
    for (name, values) in flow.flow.constants([nil, nil, nil, nil]) {
      let parameter = try #require(flow.table[name])
      for (index, value) in values.enumerated() {
        weights.pointer[parameter.offset + index] = value
      }
    }
    let graph = Graph()
    let x = graph.input("x", shape: [4])
    let context = graph.input("context", shape: [3])
    let encoded = flow.flow.encoded(x, context)
    let loss = flow.flow.negativeLogLikelihood(
      encoded.latent, encoded.logDeterminant, values: 4)
    let program = TrainingProgram(
      minimising: loss, table: flow.table, batch: 5, gradientsOf: [x, context],
      watching: [encoded.latent])
    _ = program.rows(of: x).update(fromContentsOf: known.x.floats)
    _ = program.rows(of: context).update(fromContentsOf: known.context.floats)
    program.outputGradient.update(repeating: 4 / 5)
    program.forward(weights)
    let gradients = FloatBuffer(count: flow.table.count)
    program.backward(weights, gradients: gradients)
    expectClose(
      Array(program.values(of: encoded.latent)), known.z.values, relative: 2e-5, absolute: 2e-6,
      "z")
    expectClose(
      program.output.map { -4 * $0 }, known.log_likelihood.values, relative: 2e-5,
      "log-likelihood")
    for (name, node) in [("x", x), ("context", context)] {
      expectClose(
        Array(program.inputGradient(of: node)), try #require(known.gradients[name]).values,
        relative: 1e-4, absolute: 5e-6, name)
    }
    for (name, numbers) in known.gradients where name.hasPrefix("coupling") {
      let parameter = try #require(flow.parameter(name))
      expectClose(
        (0..<parameter.count).map { gradients.pointer[parameter.offset + $0] }, inMemory(numbers),
        relative: 1e-4, absolute: 5e-6, name)
    }
    try expectInverse(flow, known, Weights(copying: weights))
  }

  private func expectInverse(_ flow: Flow, _ known: File.Case, _ weights: Weights) throws {
    let graph = Graph()
    let z = graph.input("z", shape: [4])
    let context = graph.input("context", shape: [3])
    let program = InferenceProgram(
      computing: flow.flow.decoded(z, context), weights: weights, samples: 5, observations: 5)
    _ = program.rows(of: z).update(fromContentsOf: known.noise.floats)
    _ = program.rows(of: context).update(fromContentsOf: known.context.floats)
    program.step(samples: 5, observations: 5)
    expectClose(
      Array(program.output), known.inverse_of_noise.values, relative: 2e-5, absolute: 5e-6,
      "inverse")
  }
}
