import CKernels
import Foundation
import Neural
import Randomness
import TestSupport
import Testing

/// Losses of predicted distributions against PyTorch, their definitions and finite differences.
@Suite struct LossTests {
  private func numbers(_ count: Int, _ index: Int, scale: Double = 1) -> [Float] {
    var stream = RandomStream(seed: 6, purpose: .metric, index: UInt32(index))
    return (0..<count).map { _ in Float(stream.normal() * scale) }
  }

  private func classes(_ count: Int, below bound: Int) -> [Float] {
    var stream = RandomStream(seed: 7, purpose: .metric)
    return (0..<count).map { _ in Float(stream.integer(below: bound)) }
  }

  // MARK: Against PyTorch

  @Test(arguments: [(batch: 4, rows: 1), (1, 4), (2, 2)])
  func `cross entropy has PyTorch's value and gradient`(_ shape: (batch: Int, rows: Int)) throws {
    struct File: Decodable {
      struct Case: Decodable {
        struct Attributes: Decodable { var labels: NestedNumbers? }

        var name: String
        var attributes: Attributes
        var inputs: [String: NestedNumbers]
        var output: NestedNumbers
        var output_gradient: NestedNumbers
        var gradients: [String: NestedNumbers]
      }

      var cases: [Case]
    }
    let file: File = try fixture("layers", in: .module)
    let layer = try #require(file.cases.first { $0.name == "cross_entropy" })
    let graph = Graph()
    let logits = graph.input("logits", shape: [shape.rows, 6])
    let program = TrainingProgram(
      minimising: logits.crossEntropy(to: graph.input("classes", shape: [shape.rows])),
      table: ParameterTable(), batch: shape.batch, gradientsOf: [logits])
    let given = try #require(layer.inputs["logits"])
    let labels = try #require(layer.attributes.labels)
    _ = try #require(program.rows(named: "logits")).update(fromContentsOf: given.floats)
    _ = try #require(program.rows(named: "classes")).update(fromContentsOf: labels.floats)
    program.outputGradient.update(
      repeating: layer.output_gradient.floats[0] / Float(shape.batch))
    let none = FloatBuffer(count: 0)
    program.forward(none)
    let loss = program.output.reduce(0, +) / Float(shape.batch)
    expectClose([loss], layer.output.values, relative: 1e-6, "cross entropy")
    program.backward(none, gradients: none)
    expectClose(
      Array(try #require(program.inputGradient(named: "logits"))),
      try #require(layer.gradients["logits"]).values, relative: 1e-5, absolute: 1e-7, "gradient")
  }

  // MARK: Kernels against their definitions

  @Test func `cross entropy agrees with its definition at any offset`() {
    let (samples, rows) = (3, 2)
    for columns in KernelTwinTests.sizes where columns > 0 {
      let x = numbers(samples * rows * columns, columns, scale: 4).map { $0 - 300 }
      let chosen = classes(samples * rows, below: columns)
      var loss = [Float](repeating: 0, count: samples)
      var slope = x
      CKernels_cross_entropy(&loss, &slope, x, chosen, samples, rows, columns)
      var expected = [Double](repeating: 0, count: samples)
      var expectedSlope: [Double] = []
      for row in 0..<samples * rows {
        let exponentials = (0..<columns).map { exp(Double(x[row * columns + $0]) + 300) }
        let sum = exponentials.reduce(0, +)
        let chosen = Int(chosen[row])
        expected[row / rows] += (log(sum) - log(exponentials[chosen])) / Double(rows)
        expectedSlope += exponentials.enumerated().map { index, value in
          (value / sum - (index == chosen ? 1 : 0)) / Double(rows)
        }
      }
      // The logits are rounded at −300: by 1.5e-5.
      expectClose(loss, expected, relative: 1e-5, absolute: 3e-5, "\(columns) columns")
      expectClose(slope, expectedSlope, relative: 1e-5, absolute: 1e-6, "slope \(columns)")
      var plain = loss
      CKernels_cross_entropy(&plain, nil, x, chosen, samples, rows, columns)
      expectClose(plain, loss, relative: 1e-6, "without a slope")
    }
  }

  /// The density of N(mean, variance) by its formula, the variance bounded as the kernel says.
  private func likelihood(
    _ mean: Double, _ raw: Double, _ target: Double, low: Double, high: Double
  ) -> Double {
    func softplus(_ z: Double) -> Double { max(z, 0) + log1p(exp(-abs(z))) }
    let logVariance = low + softplus(high - softplus(high - raw) - low)
    return 0.5 * (logVariance + pow(target - mean, 2) / exp(logVariance) + log(2 * Double.pi))
  }

  @Test func `the Gaussian likelihood agrees with its definition, also beyond its bounds`() {
    for columns in KernelTwinTests.sizes where columns > 0 {
      for scale in [1.0, 8.0] {
        let x = numbers(2 * 2 * columns, columns, scale: scale)
        let target = numbers(2 * columns, 100 + columns)
        let (low, high) = (-5.0, 2.0)
        var loss: [Float] = [0, 0]
        var slope = x
        CKernels_gaussian_likelihood(
          &loss, &slope, x, target, Float(low), Float(high), 2, columns)
        var expected = [0.0, 0.0]
        var expectedSlope = x.map { Double($0) }
        for sample in 0..<2 {
          for j in 0..<columns {
            let (mean, raw) = (2 * sample * columns + j, (2 * sample + 1) * columns + j)
            func at(_ mean: Double, _ raw: Double) -> Double {
              likelihood(
                mean, raw, Double(target[sample * columns + j]), low: low, high: high)
                / Double(columns)
            }
            let (m, r) = (Double(x[mean]), Double(x[raw]))
            expected[sample] += at(m, r)
            expectedSlope[mean] = (at(m + 1e-5, r) - at(m - 1e-5, r)) / 2e-5
            expectedSlope[raw] = (at(m, r + 1e-5) - at(m, r - 1e-5)) / 2e-5
          }
        }
        expectClose(loss, expected, relative: 1e-5, absolute: 1e-6, "\(columns) columns")
        expectClose(slope, expectedSlope, relative: 2e-5, absolute: 1e-6, "slope \(columns)")
        var plain = loss
        CKernels_gaussian_likelihood(
          &plain, nil, x, target, Float(low), Float(high), 2, columns)
        expectClose(plain, loss, relative: 1e-6, "without a slope")
      }
    }
  }

  @Test func `deviations are those of the likelihood and stay within the bounds`() {
    let raw: [Float] = [-1e30, -40, -10, -3, 0, 3, 4, 40, 1e30]
    var deviations = raw
    raw.withUnsafeBufferPointer { raw in
      deviations.withUnsafeMutableBufferPointer {
        DiagonalGaussian.writeDeviations($0, from: raw)
      }
    }
    // ln σ² from the likelihood of the mean itself: (ln σ² + ln 2π) / 2.
    let expected = raw.map {
      exp(likelihood(0, Double($0), 0, low: -10, high: 4) - 0.5 * log(2 * Double.pi))
    }
    expectClose(deviations, expected, relative: 3e-6)
    #expect(deviations == deviations.sorted())
    expectClose([deviations[0], deviations[8]], [exp(-5.0), exp(2.0)], relative: 1e-5)
  }

  @Test func `the selected error is that of the row that is meant`() {
    let (samples, rows) = (3, 4)
    for columns in KernelTwinTests.sizes where columns > 0 {
      let x = numbers(samples * rows * columns, columns)
      let target = numbers(samples * columns, 100 + columns)
      let chosen = classes(samples, below: rows)
      var loss = [Float](repeating: 0, count: samples)
      var slope = x
      CKernels_selected_error(&loss, &slope, x, target, chosen, samples, rows, columns)
      var expected = [Double](repeating: 0, count: samples)
      var expectedSlope = [Double](repeating: 0, count: x.count)
      for sample in 0..<samples {
        for j in 0..<columns {
          let index = (sample * rows + Int(chosen[sample])) * columns + j
          let difference = Double(x[index]) - Double(target[sample * columns + j])
          expected[sample] += difference * difference / Double(columns)
          expectedSlope[index] = 2 * difference / Double(columns)
        }
      }
      expectClose(loss, expected, relative: 1e-5, "\(columns) columns")
      expectClose(slope, expectedSlope, relative: 1e-5, absolute: 1e-7, "slope \(columns)")
    }
  }

  @Test func `scaled rows agree with their definition`() {
    for columns in KernelTwinTests.sizes {
      let x = numbers(3 * columns, columns)
      let before = numbers(3 * columns, 50 + columns)
      let factors: [Float] = [2, -1, 0.5]
      for accumulates in [false, true] {
        var y = before
        CKernels_scale_rows(&y, x, factors, accumulates ? 1 : 0, 3, columns)
        let expected = x.indices.map {
          Double(accumulates ? before[$0] : 0) + Double(factors[$0 / columns]) * Double(x[$0])
        }
        expectClose(y, expected, relative: 1e-6, absolute: 1e-6, "\(columns) columns")
      }
    }
  }

  @Test(arguments: [-1, 3, 1e30, .nan, .infinity] as [Float])
  func `a class or row out of range gives NaN and reads nothing else`(_ value: Float) {
    var loss: [Float] = [0]
    var slope: [Float] = [0, 0, 0]
    CKernels_cross_entropy(&loss, &slope, [1, 2, 3], [value], 1, 1, 3)
    #expect(loss[0].isNaN)
    loss = [0]
    CKernels_selected_error(&loss, &slope, [1, 2, 3], [1], [value], 1, 3, 1)
    #expect(loss[0].isNaN)
  }

  @Test(arguments: [1, 3, 17])
  func `a step's variance has the loss of its formula and the slope of that`(width: Int) throws {
    let batch = 4
    let graph = Graph()
    let output = graph.input("output", shape: [2 * width])
    let target = graph.input("target", shape: [width])
    let factors = graph.input("factors", shape: [6])
    let program = TrainingProgram(
      minimising: output.stepVarianceBound(of: target, factors: factors), table: ParameterTable(),
      batch: batch, gradientsOf: [output])
    let outputs = numbers(batch * 2 * width, 1)
    let targets = numbers(batch * width, 2)
    let ownFactors: [[Float]] = (0..<batch).map { row in
      [0.5 + Float(row), -3 + Float(row), 1.5, 0.01 * Float(row), 0.3, -0.7]
    }
    for (node, values) in [
      (output, outputs), (target, targets), (factors, ownFactors.flatMap { $0 }),
    ] {
      program.memory(of: node).update(from: values, count: values.count)
    }
    func loss(_ row: Int, _ outputs: [Float]) -> Double {
      let f = ownFactors[row].map(Double.init)
      let terms = (0..<width).map { j in
        let error = Double(targets[row * width + j]) - Double(outputs[2 * row * width + j])
        let logVariance = f[1] + f[2] * Double(outputs[(2 * row + 1) * width + j])
        return (logVariance + (f[3] + f[4] * error * error) / exp(logVariance)) / 2 + f[5]
      }
      return f[0] * terms.reduce(0, +) / Double(width)
    }
    let none = FloatBuffer(count: 0)
    program.forward(none)
    expectClose(Array(program.output), (0..<batch).map { loss($0, outputs) }, relative: 1e-5)
    program.backward(none, gradients: none)
    let slopes = try (0..<outputs.count).map { index -> Double in
      let row = index / (2 * width)
      // The means are held fixed.
      guard index % (2 * width) >= width else { return 0 }
      var (up, down) = (outputs, outputs)
      up[index] += 1e-2
      down[index] -= 1e-2
      return (loss(row, up) - loss(row, down)) / (Double(up[index]) - Double(down[index]))
        / Double(batch)
    }
    let memory = program.inputGradient(of: output)
    expectClose(Array(memory), slopes, relative: 1e-3, absolute: 1e-6)
  }

  // MARK: Whole networks

  /// A network with one of the losses, compared with differences of that loss.
  struct Head: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// Records a loss from features of shape [6], a target of shape [2] and classes of shape [3].
    var record: @Sendable (_ x: Node, _ t: Node, _ c: Node, _ scope: ParameterScope) -> Node

    static let all: [Head] = [
      Head(testDescription: "cross entropy of rows") { x, _, c, scope in
        Linear(scope, inputs: 6, outputs: 12)(x).reshaped([3, 4]).crossEntropy(to: c)
      },
      Head(testDescription: "Gaussian likelihood") { x, t, _, scope in
        Linear(scope, inputs: 6, outputs: 4)(x).gaussianNegativeLogLikelihood(of: t)
      },
      Head(testDescription: "cross entropy and selected error of one output") { x, t, _, scope in
        let logits = Linear(scope["a"], inputs: 6, outputs: 4)(x)
        let offsets = Linear(scope["b"], inputs: 6, outputs: 8)(x).reshaped([4, 2])
        let chosen = x.graph.input("chosen", shape: [1])
        return logits.crossEntropy(to: chosen).sum(
          with: offsets.selectedSquaredError(to: t, row: chosen), scaleB: 3)
      },
      Head(testDescription: "a prediction that two losses read") { x, t, _, scope in
        let y = Linear(scope, inputs: 6, outputs: 4)(x)
        return y.gaussianNegativeLogLikelihood(of: t)
          + y.reshaped([2, 2]).selectedSquaredError(
            to: t, row: x.graph.input("chosen", shape: [1]))
      },
    ]
  }

  @Test(arguments: Head.all)
  func `gradients agree with finite differences`(_ head: Head) throws {
    let batch = 5
    let table = ParameterTable()
    let graph = Graph()
    let x = graph.input("x", shape: [6])
    let loss = head.record(
      x, graph.input("t", shape: [2]), graph.input("c", shape: [3]), table.root)
    let program = TrainingProgram(
      minimising: loss, table: table, batch: batch, gradientsOf: [x])
    for (index, name) in ["x", "t"].enumerated() {
      guard let values = program.rows(named: name) else { continue }
      _ = values.update(fromContentsOf: numbers(values.count, index))
    }
    for (name, bound) in [("c", 4), ("chosen", 2)] {
      guard let values = program.rows(named: name) else { continue }
      _ = values.update(fromContentsOf: classes(values.count, below: bound))
    }
    let weights = table.initialValues(seed: 3)
    let gradients = FloatBuffer(count: table.count)
    program.forward(weights)
    program.backward(weights, gradients: gradients)
    let inputGradient = Array(try #require(program.inputGradient(named: "x")))
    func differences(_ values: UnsafeMutableBufferPointer<Float>) -> [Double] {
      values.indices.map { index in
        let kept = values[index]
        func at(_ offset: Float) -> Double {
          values[index] = kept + offset
          program.forward(weights)
          return program.output.reduce(0.0) { $0 + Double($1) } / Double(batch)
        }
        let step: Float = 1e-2
        let (near, far) = (at(step) - at(-step), at(2 * step) - at(-2 * step))
        values[index] = kept
        return (8 * near - far) / (12 * Double(step))
      }
    }
    for parameter in table.parameters {
      let range = parameter.offset..<parameter.offset + parameter.count
      let found = Array(gradients[range])
      #expect(found.contains { $0 != 0 })
      let view = UnsafeMutableBufferPointer(
        start: weights.pointer + range.lowerBound, count: range.count)
      expectClose(
        found, differences(view), relative: 3e-3, absolute: 3e-4, parameter.name)
    }
    let view = try #require(program.rows(named: "x"))
    expectClose(inputGradient, differences(view), relative: 3e-3, absolute: 3e-4, "input")
  }
}
