import Imitation
import Neural
import TestSupport
import Testing

/// Networks against the published code's, with its weights.
@Suite struct BackboneReferenceTests {
  private struct UNetFile: Decodable {
    struct Parameter: Decodable {
      var shape: [Int]
      var values: [Float]
    }
    struct Settings: Decodable {
      var input_dim, global_cond_dim, diffusion_step_embed_dim, kernel_size, n_groups: Int
      var down_dims: [Int]
    }
    struct Case: Decodable {
      var timesteps: [Int]
      var sample, global_cond, output: NestedNumbers
      var mean_square: Double
      var gradients: [String: NestedNumbers]
    }
    var settings: Settings
    var horizon: Int
    var parameters: [String: Parameter]
    var cases: [Case]
  }

  @Test func `a U-Net with the published code's weights gives its outputs and gradients`() throws {
    let file = try fixture("unet", as: UNetFile.self, in: .module)
    let settings = file.settings
    let net = UNet(
      widths: settings.down_dims, kernel: settings.kernel_size, groups: settings.n_groups,
      stepFeatures: settings.diffusion_step_embed_dim)
    try net.validate()
    let chunk = file.horizon * settings.input_dim
    let table = ParameterTable()
    let network = net.network(
      BackboneSizes(
        observations: 2, observationWidth: settings.global_cond_dim / 2,
        noisyActions: file.horizon, actionWidth: settings.input_dim,
        timeFeatures: settings.diffusion_step_embed_dim, outputs: chunk), table.root)
    // Names and shapes are the published ones, no more and no fewer.
    let tensors = Safetensors(
      tensors: file.parameters.mapValues { Tensor(shape: $0.shape, elements: $0.values) })
    #expect(Set(table.parameters.map(\.name)) == Set(file.parameters.keys))
    let weights = try table.weights(from: tensors, path: "unet.json")
    let trained = FloatBuffer(count: table.count)
    trained.copy(from: weights)

    let graph = Graph()
    let sample = graph.input("sample", shape: [file.horizon, settings.input_dim])
    let seen = graph.input("seen", shape: [2, settings.global_cond_dim / 2])
    let time = graph.input("time", shape: [settings.diffusion_step_embed_dim])
    let output = network(BackboneInputs(observation: seen, noisyActions: sample, time: time))
    let batch = 2
    let program = TrainingProgram(
      minimising: output, table: table, batch: batch, gradientsOf: [sample])
    for item in file.cases {
      _ = program.rows(of: sample).update(fromContentsOf: item.sample.floats)
      _ = program.rows(of: seen).update(fromContentsOf: item.global_cond.floats)
      _ = program.rows(of: time).update(
        fromContentsOf: item.timesteps.flatMap { net.timeFeatures(step: $0 + 1, of: 100) })
      program.forward(trained)
      expectClose(
        Array(program.output), item.output.values, relative: 2e-5, absolute: 5e-6, "output")
      // The gradient of the mean of squares.
      for (index, value) in program.output.enumerated() {
        program.outputGradient[index] = 2 * value / Float(batch * chunk)
      }
      let gradients = FloatBuffer(count: table.count)
      program.backward(trained, gradients: gradients)
      let named = table.tensors(gradients)
      for (name, expected) in item.gradients {
        let found =
          name == "sample"
          ? Array(program.inputGradient(of: sample)) : try #require(named[name]).elements
        expectClose(found, expected.values, relative: 1e-4, absolute: 2e-6, name)
      }
    }
  }

  private struct DiTFile: Decodable {
    struct Final: Decodable {
      var x, condition, output: NestedNumbers
      var parameters: [String: NestedNumbers]
    }
    var heads: Int
    var x, condition, output, output_gradient: NestedNumbers
    var parameters, gradients: [String: NestedNumbers]
    var final: Final
  }

  /// The parameters of a table by the names of a file.
  private func weights(
    _ table: ParameterTable, _ parameters: [String: NestedNumbers]
  ) throws -> FloatBuffer {
    let tensors = try table.parameters.map { parameter in
      let values = try #require(parameters[parameter.name]).floats
      return (parameter.name, Tensor(shape: parameter.fileShape, elements: values))
    }
    let buffer = FloatBuffer(count: table.count)
    try table.load(
      buffer, from: Safetensors(tensors: Dictionary(uniqueKeysWithValues: tensors)),
      path: "dit.json")
    return buffer
  }

  @Test func `a DiT block and the final layer have another library's values and gradients`() throws
  {
    let file = try fixture("dit", as: DiTFile.self, in: .module)
    let table = ParameterTable()
    let block = DiTBlock(table.root, width: 8, heads: file.heads)
    let weights = try weights(table, file.parameters)
    let graph = Graph()
    let x = graph.input("x", shape: [4, 8])
    let condition = graph.input("condition", shape: [8])
    let program = TrainingProgram(
      minimising: block(x, condition), table: table, batch: 2, gradientsOf: [x, condition])
    _ = program.rows(of: x).update(fromContentsOf: file.x.floats)
    _ = program.rows(of: condition).update(fromContentsOf: file.condition.floats)
    program.forward(weights)
    expectClose(Array(program.output), file.output.values, relative: 2e-5, absolute: 3e-6)
    _ = program.outputGradient.update(fromContentsOf: file.output_gradient.floats)
    let gradients = FloatBuffer(count: table.count)
    program.backward(weights, gradients: gradients)
    let named = table.tensors(gradients)
    for (name, expected) in file.gradients {
      let found: [Float] =
        switch name {
        case "x": Array(program.inputGradient(of: x))
        case "condition": Array(program.inputGradient(of: condition))
        default: try #require(named[name]).elements
        }
      expectClose(found, expected.values, relative: 1e-4, absolute: 5e-6, name)
    }

    let finalTable = ParameterTable()
    let last = DiTFinal(finalTable.root, width: 8, outputs: 2)
    let finalProgram = TrainingProgram(
      minimising: last(x, condition), table: finalTable, batch: 2)
    _ = finalProgram.rows(of: x).update(fromContentsOf: file.final.x.floats)
    _ = finalProgram.rows(of: condition).update(fromContentsOf: file.final.condition.floats)
    finalProgram.forward(try self.weights(finalTable, file.final.parameters))
    expectClose(
      Array(finalProgram.output), file.final.output.values, relative: 2e-5, absolute: 3e-6)
  }

  @Test func `at the start a DiT's blocks let tokens through as they are`() {
    let table = ParameterTable()
    let block = DiTBlock(table.root, width: 8, heads: 2)
    let graph = Graph()
    let x = graph.input("x", shape: [3, 8])
    let condition = graph.input("condition", shape: [8])
    let program = TrainingProgram(minimising: block(x, condition), table: table, batch: 1)
    let values = (0..<24).map { Float($0) / 7 - 1 }
    _ = program.rows(of: x).update(fromContentsOf: values)
    program.rows(of: condition).update(repeating: 0.3)
    program.forward(table.initialValues(seed: 1))
    #expect(Array(program.output) == values)
  }
}
