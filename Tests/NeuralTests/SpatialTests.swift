import CKernels
import Neural
import Randomness
import TestSupport
import Testing

/// Operations on images against another library, naive twins and closed forms.
@Suite struct SpatialTests {
  private struct Case: Decodable {
    struct Attributes: Decodable { var stride, padding, groups: Int? }

    var name: String
    var attributes: Attributes
    var inputs: [String: NestedNumbers]
    var output: NestedNumbers
    var output_gradient: NestedNumbers
    var gradients: [String: NestedNumbers]
  }

  private func reference(_ name: String) throws -> Case {
    struct File: Decodable { var cases: [Case] }
    let cases = try fixture("layers", as: File.self, in: .module).cases
    return try #require(cases.first { $0.name == name })
  }

  /// PyTorch's [N, C, positions …] as our [N, positions …, C].
  private func channelsLast(_ numbers: NestedNumbers) -> [Double] {
    let (samples, channels) = (numbers.shape[0], numbers.shape[1])
    let positions = numbers.shape.dropFirst(2).reduce(1, *)
    return (0..<samples).flatMap { n in
      (0..<positions).flatMap { p in
        (0..<channels).map { c in numbers.values[(n * channels + c) * positions + p] }
      }
    }
  }

  private func expectAgrees(_ actual: [Float], _ expected: [Double], _ what: String) {
    expectClose(actual, expected, relative: 1e-5, absolute: 4e-6, what)
  }

  /// Runs a layer over a case's input and compares everything that the case holds.
  private func compare(
    _ layer: Case, shape: [Int], _ record: (Node, ParameterScope) -> Node
  ) throws {
    let input = try #require(layer.inputs["x"])
    let table = ParameterTable()
    let x = Graph().input("x", shape: shape)
    let y = record(x, table.root)
    let program = TrainingProgram(
      minimising: y, table: table, batch: input.shape[0], gradientsOf: [x])
    var tensors: [String: Tensor] = [:]
    for (name, value) in layer.inputs where name != "x" {
      tensors[name] = Tensor(shape: value.shape, elements: value.floats)
    }
    let weights = FloatBuffer(count: table.count)
    try table.load(weights, from: Safetensors(tensors: tensors), path: "fixture")
    _ = try #require(program.rows(named: "x")).update(
      fromContentsOf: channelsLast(input).map { Float($0) })
    _ = program.outputGradient.update(
      fromContentsOf: channelsLast(layer.output_gradient).map { Float($0) })
    program.forward(weights)
    expectAgrees(Array(program.output), channelsLast(layer.output), "output")
    let gradients = FloatBuffer(count: table.count)
    program.backward(weights, gradients: gradients)
    expectAgrees(
      Array(try #require(program.inputGradient(named: "x"))),
      channelsLast(try #require(layer.gradients["x"])), "gradient for x")
    for (name, tensor) in table.tensors(gradients) {
      let expected = try #require(layer.gradients[name])
      #expect(tensor.shape == expected.shape)
      expectAgrees(tensor.elements, expected.values, "gradient for \(name)")
    }
  }

  @Test func `a convolution has PyTorch's values and gradients`() throws {
    let layer = try reference("conv2d")
    let x = try #require(layer.inputs["x"]).shape
    let weight = try #require(layer.inputs["weight"]).shape
    try compare(layer, shape: [x[2], x[3], x[1]]) { node, scope in
      Convolution(
        scope, inputs: weight[1], outputs: weight[0], kernel: weight[2],
        stride: layer.attributes.stride ?? 0, padding: layer.attributes.padding ?? 0)(node)
    }
  }

  @Test func `a group norm has PyTorch's values and gradients`() throws {
    let layer = try reference("group_norm")
    let x = try #require(layer.inputs["x"]).shape
    try compare(layer, shape: [1, x[2], x[1]]) { node, scope in
      GroupNorm(scope, channels: x[1], groups: layer.attributes.groups ?? 0)(node)
    }
  }

  private func numbers(_ count: Int, _ index: Int) -> [Float] {
    var stream = RandomStream(seed: 8, purpose: .metric, index: UInt32(index))
    return (0..<count).map { _ in Float(stream.normal()) }
  }

  /// Kernel, stride, padding, height, width, channels.
  @Test(arguments: [
    [3, 2, 1, 8, 8, 3], [3, 1, 1, 5, 7, 2], [3, 2, 0, 9, 6, 1], [1, 1, 0, 3, 4, 5],
    [5, 3, 2, 7, 11, 2], [4, 2, 3, 4, 4, 17], [3, 2, 1, 1, 1, 2], [2, 2, 0, 5, 5, 3],
  ])
  func `patches are what the definition takes, and their gradient is its transpose`(
    _ sizes: [Int]
  ) {
    let (kernel, stride, padding) = (sizes[0], sizes[1], sizes[2])
    let (height, width, channels) = (sizes[3], sizes[4], sizes[5])
    let images = 2
    var shape = CKernels_patch_shape(
      height: height, width: width, channels: channels, kernel: kernel, stride: stride,
      padding: padding)
    let rows = (height + 2 * padding - kernel) / stride + 1
    let columns = (width + 2 * padding - kernel) / stride + 1
    let input = numbers(images * height * width * channels, 1)
    let patchSize = kernel * kernel * channels
    var expected = [Float](repeating: 0, count: images * rows * columns * patchSize)
    let gradient = numbers(expected.count, 2)
    var back = [Double](repeating: 0, count: input.count)
    for image in 0..<images {
      for row in 0..<rows {
        for column in 0..<columns {
          for k in 0..<patchSize {
            let y = row * stride + k / channels / kernel - padding
            let x = column * stride + k / channels % kernel - padding
            guard (0..<height).contains(y), (0..<width).contains(x) else { continue }
            let from = ((image * height + y) * width + x) * channels + k % channels
            let to = ((image * rows + row) * columns + column) * patchSize + k
            expected[to] = input[from]
            back[from] += Double(gradient[to])
          }
        }
      }
    }
    var output = [Float](repeating: .nan, count: expected.count)
    CKernels_patches(&output, input, &shape, images)
    #expect(output == expected)
    var inputGradient = [Float](repeating: .nan, count: input.count)
    CKernels_patches_backward(&inputGradient, gradient, 0, &shape, images)
    expectClose(inputGradient, back, relative: 1e-5, absolute: 1e-6)
    CKernels_patches_backward(&inputGradient, gradient, 1, &shape, images)
    expectClose(inputGradient, back.map { 2 * $0 }, relative: 1e-5, absolute: 2e-6)
  }

  @Test func `a spatial softmax finds a bright pixel, and the middle of nothing`() throws {
    let (height, width, channels) = (5, 9, 3)
    let graph = Graph()
    let y = graph.input("x", shape: [height, width, channels]).spatialSoftmax
    let program = InferenceProgram(
      computing: y, weights: FloatBuffer(count: 0), samples: 2, observations: 2)
    let x = try #require(program.rows(named: "x"))
    x.update(repeating: 0)
    // Channel 1 of image 1: row 3, column 2.
    x[((1 * height + 3) * width + 2) * channels + 1] = 100
    program.step(samples: 2, observations: 2)
    expectClose(
      Array(program.output), [0, 0, 0, 0, 0, 0, 0, -0.5, 0, 0, 0.5, 0], absolute: 1e-6)
  }

  @Test func `mean pooling is the mean`() throws {
    let graph = Graph()
    let y = graph.input("x", shape: [2, 2, 3, 2]).meanPooled
    #expect(y.shape == [2, 2])
    let program = InferenceProgram(
      computing: y, weights: FloatBuffer(count: 0), samples: 1, observations: 1)
    let x = try #require(program.rows(named: "x"))
    for index in x.indices { x[index] = Float(index) }
    program.step(samples: 1, observations: 1)
    expectClose(Array(program.output), [5.0, 6, 17, 18], absolute: 1e-5)
  }
}
