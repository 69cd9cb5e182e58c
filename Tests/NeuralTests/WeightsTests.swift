import Neural
import TestSupport
import Testing

/// Weights as values, and inputs found by their nodes.
@Suite struct WeightsTests {
  private func network(_ table: ParameterTable, _ x: Node) -> Node {
    Linear(table.root["b"], inputs: 3, outputs: 2)(
      Linear(table.root["a"], inputs: 2, outputs: 3)(x))
  }

  @Test func `a program keeps the weights of the moment when it was made`() {
    let table = ParameterTable()
    let x = Graph().input("x", shape: [2])
    let output = network(table, x)
    let training = table.initialValues(seed: 1)
    let weights = Weights(copying: training)
    let programs = [weights, Weights(copying: training)].map {
      InferenceProgram(computing: output, weights: $0, samples: 1, observations: 1)
    }
    let plain = TrainingProgram(minimising: output, table: table, batch: 1)
    _ = plain.rows(of: x).update(fromContentsOf: [0.3, -0.4])
    plain.forward(weights)
    let expected = Array(plain.output)
    for index in 0..<table.count { training.pointer[index] = 7 }
    for program in programs {
      _ = program.rows(of: x).update(fromContentsOf: [0.3, -0.4])
      program.step(samples: 1, observations: 1)
      expectClose(Array(program.output), expected, relative: 1e-6)
    }
    plain.forward(training)
    #expect(abs(plain.output[0] - expected[0]) > 1)
  }

  @Test func `weights come back from a file as they were, parameter by parameter`() throws {
    let table = ParameterTable()
    _ = network(table, Graph().input("x", shape: [2]))
    let weights = Weights(copying: table.initialValues(seed: 5))
    let file = Safetensors(tensors: table.tensors(weights))
    let read = try table.weights(from: file, path: "file")
    for parameter in table.parameters { #expect(read[parameter] == weights[parameter]) }
    #expect(Set(read[table.parameters[0]]).count == 6)
  }

  @Test func `two inputs of one name are told apart by their nodes`() {
    let table = ParameterTable()
    let graph = Graph()
    let (a, b) = (graph.input("x", shape: [1]), graph.input("x", shape: [2]))
    let unread = graph.input("unread", shape: [3])
    let program = TrainingProgram(
      minimising: a * 2 + b.columns(1..<2), table: table, batch: 2, gradientsOf: [b, unread])
    _ = program.rows(of: a).update(fromContentsOf: [1, 2])
    _ = program.rows(of: b).update(fromContentsOf: [10, 20, 30, 40])
    let none = FloatBuffer(count: 0)
    program.forward(none)
    program.outputGradient.update(repeating: 1)
    program.backward(none)
    #expect(Array(program.output) == [22, 44])
    #expect(Array(program.inputGradient(of: b)) == [0, 1, 0, 1])
    // Whoever recorded an input may fill it, needed or not.
    #expect(program.rows(of: unread).count == 6)
    #expect(Array(program.inputGradient(of: unread)) == [0, 0, 0, 0, 0, 0])
  }
}
