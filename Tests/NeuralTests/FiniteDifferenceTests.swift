import Neural
import Randomness
import TestSupport
import Testing

/// A network whose gradient is compared with differences of its own loss.
struct Specimen: Sendable, CustomTestStringConvertible {
  var testDescription: String
  /// Records an output from an input of shape [3, 4] and one of shape [5].
  var record: @Sendable (_ x: Node, _ o: Node, _ scope: ParameterScope) -> Node

  static let all: [Specimen] = [
    Specimen(testDescription: "linear maps of several nodes") { x, o, scope in
      let hidden = Linear(scope["a"], inputs: 17, outputs: 6)(x.flattened, o)
      return Linear(scope["b"], inputs: 23, outputs: 2)(
        Activation.gelu(hidden), o, Activation.sine(x.flattened))
    },
    Specimen(testDescription: "a linear map used twice, in rows") { x, _, scope in
      let linear = Linear(scope["a"], inputs: 4, outputs: 4)
      let norm = LayerNorm(scope["n"], width: 4)
      return norm(linear(Activation.tanh(norm(linear(x)))))
    },
    Specimen(testDescription: "residual sums and products") { x, o, scope in
      let a = Linear(scope["a"], inputs: 5, outputs: 12)(o)
      let b = Activation.silu(x.flattened.sum(with: a, scaleA: 0.3, scaleB: 0.7))
      return (b * a - b) * 1.5 + a
    },
    Specimen(testDescription: "softmax and concatenation") { x, o, scope in
      let attention = Linear(scope["a"], inputs: 4, outputs: 4)(x).softmax
      let joined = Node.concatenation([attention * x, x, attention])
      return Node.concatenation([
        joined.flattened, Activation.sine(o), Activation.geluTanh(o),
      ])
    },
    Specimen(testDescription: "attention among shifted tokens, of which some are read") {
      x, o, scope in
      let positions = scope.declare("p", shape: [3, 4], initialiser: .normal(standardDeviation: 1))
      let token = Linear(scope["o"], inputs: 5, outputs: 4)(o).reshaped([1, 4])
      let tokens = Node.tokens([token, x.shifted(by: positions)])
      let seen = tokens + SelfAttention(scope["a"], width: 4, heads: 3, headWidth: 5)(tokens)
      return Node.concatenation([seen.tokens(1..<3), seen.tokens(2..<4).columns(1..<3)])
    },
    Specimen(testDescription: "an activation whose input is read again") { x, o, scope in
      let a = Linear(scope["a"], inputs: 5, outputs: 5)(o)
      return Activation.gelu(a) + a * Activation.tanh(a)
    },
    Specimen(testDescription: "convolutions, group norm and mean pooling of two images") {
      x, o, scope in
      let images = Node.concatenation([x.flattened, x.flattened * 0.5, o, o * 2, o, o, o, o, o, o])
      let image = images.reshaped([2, 4, 4, 2])
      let first = Convolution(scope["a"], inputs: 2, outputs: 4, stride: 2, hasBias: false)
      let second = Convolution(scope["b"], inputs: 4, outputs: 4, kernel: 2, padding: 1)
      let norm = GroupNorm(scope["n"], channels: 4, groups: 2)
      let hidden = Activation.gelu(norm(first(image)))
      return (second(hidden) + Activation.tanh(second(hidden))).meanPooled
    },
    Specimen(testDescription: "a residual block of an image") { x, o, scope in
      let image = Node.concatenation([x.flattened, o, o.columns(0..<1)]).reshaped([3, 3, 2])
      func part(_ x: Node, _ name: String) -> Node {
        let convolution = Convolution(scope[name], inputs: 2, outputs: 2, hasBias: false)
        return GroupNorm(scope[name]["norm"], channels: 2, groups: 2)(convolution(x))
      }
      let inner = Activation.gelu(part(image, "first"))
      return Activation.gelu(part(inner, "second") + image).spatialSoftmax
    },
    Specimen(testDescription: "a group norm used twice, and where each channel is largest") {
      x, _, scope in
      let norm = GroupNorm(scope["n"], channels: 2, groups: 1)
      let image = norm(Activation.tanh(norm(x.reshaped([2, 3, 2]))))
      return Node.concatenation([image.spatialSoftmax, image.spatialSoftmax * 0.5])
    },
    Specimen(testDescription: "convolutions along a sequence, there and back, with FiLM and Mish") {
      x, o, scope in
      let sequence = Node.concatenation([x.flattened, o.columns(0..<4)]).reshaped([8, 2])
      let first = Convolution1D(scope["a"], inputs: 2, outputs: 4, kernel: 5)
      let down = Convolution1D(scope["b"], inputs: 4, outputs: 4, kernel: 3, stride: 2, padding: 1)
      let up = TransposedConvolution1D(
        scope["c"], inputs: 4, outputs: 3, kernel: 4, stride: 2, padding: 1)
      let condition = Linear(scope["f"], inputs: 5, outputs: 8)(o)
      let norm = GroupNorm(scope["n"], channels: 4, groups: 2)
      let hidden = Activation.mish(norm(first(sequence).reshaped([1, 8, 4]))).reshaped([8, 4])
      let told = hidden.modulated(by: condition, scale: 0, shift: 4)
      return up(Activation.mish(down(told)))
    },
    Specimen(testDescription: "adaptive layer normalisation with a gate") { x, o, scope in
      let condition = Linear(scope["c"], inputs: 5, outputs: 12)(Activation.silu(o))
      let seen = x.normalised(epsilon: 1e-6).modulated(
        by: condition, scale: 0, shift: 4, offset: 1)
      let answer = Linear(scope["a"], inputs: 4, outputs: 4)(seen)
      return x + answer.modulated(by: condition, scale: 8)
        + x.modulated(by: condition, shift: 3)
    },
    Specimen(testDescription: "a latent drawn, and how far its distribution is from a learned one")
    {
      x, o, scope in
      let normal = Linear(scope["q"], inputs: 12, outputs: 4)(x.flattened)
      let prior = Linear(scope["p"], inputs: 5, outputs: 4)(o)
      let latent =
        normal.columns(0..<2) + Activation.exponential(normal.columns(2..<4) * 0.5)
        * o.columns(0..<2)
      return Node.concatenation([
        latent, normal.divergence(from: prior) * 0.1, prior.divergence(free: 0.01),
        Activation.tanh(x).mean,
      ])
    },
    Specimen(testDescription: "points seen from poses that nobody learns, answers mixed") {
      x, o, scope in
      // Poses are what is observed and get no gradient.
      let poses = x.graph.input("poses", shape: [2, 4])
      let places = poses.columns(0..<2)
      let points = Linear(scope["p"], inputs: 4, outputs: 2)(x)
      let seen = points.seen(from: poses)
      let turned = Linear(scope["t"], inputs: 2, outputs: 2)(seen).turned(by: poses)
      let ways = points.seen(from: poses, isDirection: true) + points.seen(from: places)
      let logits = Linear(scope["l"], inputs: 2, outputs: 1, hasBias: false)(
        Activation.tanh(seen + ways))
      return turned.mixed(by: logits)
    },
  ]
}

/// Gradients of whole networks against central differences in the same precision.
@Suite struct FiniteDifferenceTests {
  private static let batch = 5

  /// The loss mean(y²/2)-like: a squared error to a fixed target, with weights.
  private func program(
    _ specimen: Specimen
  ) throws -> (program: TrainingProgram, table: ParameterTable, weights: FloatBuffer) {
    let table = ParameterTable()
    let graph = Graph()
    let x = graph.input("x", shape: [3, 4])
    let o = graph.input("o", shape: [5])
    let y = specimen.record(x, o, table.root)
    let target = graph.input("target", shape: y.shape)
    let weight = graph.input("weight", shape: [1])
    let program = TrainingProgram(
      minimising: y.squaredError(to: target, weight: weight), table: table, batch: Self.batch,
      gradientsOf: [x, o])
    var stream = RandomStream(seed: 11, purpose: .initialisation)
    for name in ["x", "o", "target", "weight", "poses"] {
      if let values = program.rows(named: name) { stream.fillNormal(values) }
    }
    let weights = table.initialValues(seed: 3)
    return (program, table, weights)
  }

  private func loss(_ program: TrainingProgram, _ weights: FloatBuffer) -> Double {
    program.forward(weights)
    return program.output.reduce(0.0) { $0 + Double($1) } / Double(Self.batch)
  }

  private func differences(
    of values: UnsafeMutableBufferPointer<Float>, loss: () -> Double
  ) -> [Double] {
    let step: Float = 1e-2
    return values.indices.map { index in
      let kept = values[index]
      // The fourth-order central difference: a step large enough for float32, a small error.
      func at(_ offset: Float) -> Double {
        values[index] = kept + offset
        return loss()
      }
      let near = at(step) - at(-step)
      let far = at(2 * step) - at(-2 * step)
      values[index] = kept
      return (8 * near - far) / (12 * Double(step))
    }
  }

  @Test(arguments: Specimen.all)
  func `gradients agree with finite differences`(_ specimen: Specimen) throws {
    let (program, table, weights) = try program(specimen)
    let gradients = FloatBuffer(count: table.count)
    program.forward(weights)
    program.backward(weights, gradients: gradients)
    let found = table.parameters.map { parameter in
      Array(
        UnsafeBufferPointer(start: gradients.pointer + parameter.offset, count: parameter.count))
    }
    for (parameter, actual) in zip(table.parameters, found) {
      let view = UnsafeMutableBufferPointer(
        start: weights.pointer + parameter.offset, count: parameter.count)
      let expected = differences(of: view) { loss(program, weights) }
      #expect(actual.contains { $0 != 0 })
      expectClose(actual, expected, relative: 3e-3, absolute: 3e-4, parameter.name)
    }
    for name in ["x", "o"] {
      guard let actual = program.inputGradient(named: name).map({ Array($0) }) else { continue }
      let view = try #require(program.rows(named: name))
      let expected = differences(of: view) { loss(program, weights) }
      expectClose(actual, expected, relative: 3e-3, absolute: 3e-4, "input \(name)")
    }
  }

  @Test func `the squared error has its closed form`() throws {
    let graph = Graph()
    let x = graph.input("x", shape: [3])
    let loss = x.squaredError(
      to: graph.input("t", shape: [3]), weight: graph.input("w", shape: [1]))
    let program = TrainingProgram(
      minimising: loss, table: ParameterTable(), batch: 2, gradientsOf: [x])
    _ = try #require(program.rows(named: "x")).update(
      fromContentsOf: [1, 2, 3, 4, 5, 6] as [Float])
    _ = try #require(program.rows(named: "t")).update(
      fromContentsOf: [1, 0, 0, 4, 5, 3] as [Float])
    _ = try #require(program.rows(named: "w")).update(fromContentsOf: [1, 2] as [Float])
    let none = FloatBuffer(count: 0)
    program.forward(none)
    expectClose(Array(program.output), [13.0 / 3, 6.0], relative: 1e-6)
    program.backward(none, gradients: none)
    // d/dx of the mean over two samples: (1/2) · weight · 2/3 · difference.
    expectClose(
      Array(try #require(program.inputGradient(named: "x"))),
      [0, 2.0 / 3, 1, 0, 0, 2.0], relative: 1e-6, absolute: 1e-7)
  }
}
