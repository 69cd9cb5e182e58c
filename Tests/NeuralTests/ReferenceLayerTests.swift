import Foundation
import Neural
import TestSupport
import Testing

/// One operation's inputs, output and gradients, computed by PyTorch in double precision.
struct LayerCase: Decodable, Sendable, CustomTestStringConvertible {
  struct Attributes: Decodable, Sendable {
    var target: NestedNumbers?
    var heads: Int?
  }

  var name: String
  var attributes: Attributes
  var inputs: [String: NestedNumbers]
  var output: NestedNumbers
  var output_gradient: NestedNumbers
  var gradients: [String: NestedNumbers]

  var testDescription: String { name }

  /// Operations of the file that this package does not have, or that tests of their own compare.
  static let absent: Set = [
    "mish", "attention", "causal_attention", "conv2d", "group_norm", "cross_entropy",
  ]

  static func all() throws -> [LayerCase] {
    struct File: Decodable { var cases: [LayerCase] }
    return try fixture("layers", as: File.self, in: .module).cases.filter {
      !absent.contains($0.name)
    }
  }

  static func named(_ name: String) throws -> LayerCase {
    struct File: Decodable { var cases: [LayerCase] }
    let cases = try fixture("layers", as: File.self, in: .module).cases
    return try #require(cases.first { $0.name == name })
  }

  func floats(_ name: String) throws -> [Float] { try #require(inputs[name]).floats }
}

private struct NoSuchOperation: Error {
  var name: String
}

/// Values and gradients of every operation against another library.
@Suite struct ReferenceLayerTests {
  /// 1e-5 of the value, or of 1 where the value is smaller: the files hold results of float64.
  private func expectAgrees(_ actual: [Float], _ expected: NestedNumbers, _ what: String) {
    expectClose(actual, expected.values, relative: 1e-5, absolute: 2e-6, what)
  }

  @Test func `the file has the operations that are tested here`() throws {
    let names = try Set(LayerCase.all().map(\.name))
    #expect(
      names == [
        "linear", "gelu_erf", "gelu_tanh", "silu", "relu", "leaky_relu", "tanh", "sin", "softmax",
        "layer_norm", "mse",
      ])
  }

  @Test(arguments: try LayerCase.all())
  func `an operation has PyTorch's values and gradients`(_ layer: LayerCase) throws {
    let input = layer.inputs["x"]
    let shape = try #require(input).shape
    let batch = shape[0]
    let table = ParameterTable()
    let graph = Graph()
    let x = graph.input("x", shape: Array(shape.dropFirst()))
    let y = try record(layer, x, table)
    let program = TrainingProgram(
      minimising: y, table: table, batch: batch, gradientsOf: [x])
    let weights = table.initialValues(seed: 0)
    try load(layer, table, weights)
    _ = try #require(program.rows(named: "x")).update(fromContentsOf: layer.floats("x"))
    if let target = layer.attributes.target {
      // The file's loss is one number, the mean over the batch of ours.
      _ = try #require(program.rows(named: "target")).update(fromContentsOf: target.floats)
      program.outputGradient.update(repeating: layer.output_gradient.floats[0] / Float(batch))
      program.forward(weights)
      expectAgrees([program.output.reduce(0, +) / Float(batch)], layer.output, "mse")
    } else {
      _ = program.outputGradient.update(fromContentsOf: layer.output_gradient.floats)
      program.forward(weights)
      expectAgrees(Array(program.output), layer.output, "output of \(layer.name)")
    }
    let gradients = FloatBuffer(count: table.count)
    program.backward(weights, gradients: gradients)
    expectAgrees(
      Array(try #require(program.inputGradient(named: "x"))), try #require(layer.gradients["x"]),
      "gradient of \(layer.name) for x")
    for (name, tensor) in table.tensors(gradients) {
      let expected = try #require(layer.gradients[name])
      #expect(tensor.shape == expected.shape)
      expectAgrees(tensor.elements, expected, "gradient of \(layer.name) for \(name)")
    }
  }

  @Test func `attention has PyTorch's values and gradients`() throws {
    let layer = try LayerCase.named("attention")
    let shape = try #require(layer.inputs["q"]).shape
    let graph = Graph()
    let names = ["q", "k", "v"]
    let packed = Node.concatenation(
      names.map { graph.input($0, shape: Array(shape.dropFirst())) })
    let table = ParameterTable()
    let program = TrainingProgram(
      minimising: packed.attention(heads: try #require(layer.attributes.heads)), table: table,
      batch: shape[0], gradientsOf: names.flatMap(graph.inputs(named:)))
    for name in names {
      _ = try #require(program.rows(named: name)).update(fromContentsOf: layer.floats(name))
    }
    _ = program.outputGradient.update(fromContentsOf: layer.output_gradient.floats)
    let none = FloatBuffer(count: 0)
    program.forward(none)
    program.backward(none, gradients: none)
    expectAgrees(Array(program.output), layer.output, "output of attention")
    for name in names {
      expectAgrees(
        Array(try #require(program.inputGradient(named: name))),
        try #require(layer.gradients[name]),
        "gradient for \(name)")
    }
  }

  private func record(_ layer: LayerCase, _ x: Node, _ table: ParameterTable) throws -> Node {
    switch layer.name {
    case "linear":
      return Linear(table.root, inputs: x.width, outputs: layer.output.shape[1])(x)
    case "gelu_erf": return Activation.gelu(x)
    case "gelu_tanh": return Activation.geluTanh(x)
    case "silu": return Activation.silu(x)
    case "relu": return Activation.relu(x)
    case "leaky_relu": return Activation.leakyReLU(slope: 0.01)(x)
    case "tanh": return Activation.tanh(x)
    case "sin": return Activation.sine(x)
    case "softmax": return x.softmax
    case "layer_norm": return LayerNorm(table.root, width: x.width)(x)
    case "mse": return x.squaredError(to: x.graph.input("target", shape: x.shape))
    default: throw NoSuchOperation(name: layer.name)
    }
  }

  private func load(_ layer: LayerCase, _ table: ParameterTable, _ weights: FloatBuffer) throws {
    var tensors: [String: Tensor] = [:]
    for (name, value) in layer.inputs where name != "x" {
      tensors[name] = Tensor(shape: value.shape, elements: value.floats)
    }
    try table.load(weights, from: Safetensors(tensors: tensors), path: "fixture")
  }
}
