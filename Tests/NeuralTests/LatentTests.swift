import Foundation
import Neural
import Randomness
import TestSupport
import Testing

/// Divergences and codes against torch.distributions and vector-quantize-pytorch.
@Suite struct LatentTests {
  // MARK: Divergences

  private struct Divergences: Decodable {
    struct Pair: Decodable {
      var mean, log_variance, other_mean, other_log_variance, kl_of_row, kl_to_standard,
        kl: NestedNumbers
    }

    struct Bound: Decodable {
      var beta, decoder_deviation, negative_elbo_mean_of_rows: Double
      var mean, log_variance, prior_mean, prior_log_variance, noise, z: NestedNumbers
      var decoder_weight, decoder_bias, observation, x: NestedNumbers
      var kl_of_row, squared_error_of_row: NestedNumbers
      var gradients: [String: NestedNumbers]
    }

    var pairs: [Pair]
    var elbo: [Bound]
  }

  /// Rows of two arrays side by side.
  private func joined(_ a: NestedNumbers, _ b: NestedNumbers) -> [Float] {
    let width = a.shape[1]
    let (left, right) = (a.floats, b.floats)
    var rows: [Float] = []
    for row in 0..<a.shape[0] {
      let range = row * width..<(row + 1) * width
      rows += left[range]
      rows += right[range]
    }
    return rows
  }

  @Test func `divergences are those of torch`() throws {
    let file: Divergences = try fixture("kl", in: .module)
    for (index, pair) in file.pairs.enumerated() {
      let graph = Graph()
      let normal = graph.input("normal", shape: [8])
      let other = graph.input("other", shape: [8])
      let batch = pair.mean.shape[0]
      func values(_ loss: Node) -> [Float] {
        let program = TrainingProgram(minimising: loss, table: ParameterTable(), batch: batch)
        _ = program.rows(of: normal).update(fromContentsOf: joined(pair.mean, pair.log_variance))
        _ = program.rows(of: other).update(
          fromContentsOf: joined(pair.other_mean, pair.other_log_variance))
        program.forward(FloatBuffer(count: 0))
        return Array(program.output)
      }
      expectClose(
        values(normal.divergence(from: other)), pair.kl_of_row.values, relative: 2e-5,
        absolute: 1e-6, "pair \(index)")
      expectClose(
        values(normal.divergence()), pair.kl_to_standard.values, relative: 2e-5, absolute: 1e-6,
        "pair \(index), standard")
      // Free nats are the least that a column costs.
      let expected: [Double] = (0..<batch).map { row in
        var sum = 0.0
        for nats in pair.kl.values[row * 4..<(row + 1) * 4] { sum += max(nats, 0.3) }
        return sum
      }
      expectClose(
        values(normal.divergence(from: other, free: 0.3)), expected, relative: 2e-5, "free nats")
    }
  }

  @Test func `the bound of an autoencoder has torch's value and gradients`() throws {
    let file: Divergences = try fixture("kl", in: .module)
    for (index, bound) in file.elbo.enumerated() {
      let (graph, table) = (Graph(), ParameterTable())
      let normal = graph.input("normal", shape: [4])
      let prior = graph.input("prior", shape: [4])
      let noise = graph.input("noise", shape: [2])
      let seen = graph.input("observation", shape: [3])
      let x = graph.input("x", shape: [4])
      let decoder = Linear(table.root, inputs: 5, outputs: 4)
      let deviation = Activation.exponential(normal.columns(2..<4) * 0.5)
      let latent = normal.columns(0..<2) + deviation * noise
      let error = decoder(latent, seen).squaredError(to: x)
      let variance = Float(bound.decoder_deviation * bound.decoder_deviation)
      let scale: Float = 2 / variance
      let loss = (error * scale).sum(
        with: normal.divergence(from: prior), scaleB: Float(bound.beta))
      let program = TrainingProgram(
        minimising: loss, table: table, batch: 3, gradientsOf: [normal])
      let given: [(Node, [Float])] = [
        (normal, joined(bound.mean, bound.log_variance)),
        (prior, joined(bound.prior_mean, bound.prior_log_variance)), (noise, bound.noise.floats),
        (seen, bound.observation.floats), (x, bound.x.floats),
      ]
      for (node, values) in given { _ = program.rows(of: node).update(fromContentsOf: values) }
      let weights = FloatBuffer(count: table.count)
      let gradients = FloatBuffer(count: table.count)
      let (weight, bias) = (table.parameters[0], table.parameters[1])
      for (row, column) in (0..<5).flatMap({ row in (0..<4).map { (row, $0) } }) {
        weights.pointer[weight.offset + row * 4 + column] =
          bound.decoder_weight.floats[column * 5 + row]
      }
      for column in 0..<4 {
        weights.pointer[bias.offset + column] = bound.decoder_bias.floats[column]
      }
      program.forward(weights)
      program.backward(weights, gradients: gradients)
      let constant: Double = 2 * log(2 * Double.pi) + 4 * log(bound.decoder_deviation)
      let mean = program.output.reduce(0.0) { $0 + Double($1) } / 3
      expectClose(
        mean + constant, bound.negative_elbo_mean_of_rows, relative: 2e-5, "bound \(index)")
      expectClose(
        Array(program.inputGradient(of: normal)),
        joined(
          try #require(bound.gradients["mean"]), try #require(bound.gradients["log_variance"])),
        relative: 2e-5, absolute: 2e-6, "latents \(index)")
      let expected = try #require(bound.gradients["decoder_weight"]).values
      let found: [Float] = (0..<20).map { gradients.pointer[weight.offset + $0 % 5 * 4 + $0 / 5] }
      expectClose(
        found, expected,
        relative: 2e-5, absolute: 2e-6, "decoder \(index)")
    }
  }

  // MARK: Codes

  private struct Quantiser: Decodable {
    struct Step: Decodable {
      var x, output_gradient, codebook_before, codes, quantized, gradient_of_output_by_x,
        cluster_size_after, embed_sum_after, codebook_after,
        gradient_of_commitment_by_x: NestedNumbers
    }

    struct Residual: Decodable {
      var codebooks, x, output_gradient, codes, quantized, cluster_size, codebooks_after,
        gradient_of_output_by_x_straight_around_all: NestedNumbers
    }

    var decay, epsilon: Double
    var codebook, cluster_size: NestedNumbers
    var steps: [Step]
    var residual: Residual
  }

  private func books(
    levels: Int, _ codes: [Float], _ uses: [Float]
  ) -> (Codebooks, FloatBuffer, ParameterTable) {
    let table = ParameterTable()
    let books = Codebooks(table.root, levels: levels, count: 6, width: 3)
    let weights = FloatBuffer(count: table.count)
    for index in codes.indices {
      weights.pointer[books.codes.offset + index] = codes[index]
      weights.pointer[books.sums.offset + index] = uses[index / 3] * codes[index]
    }
    for index in uses.indices { weights.pointer[books.uses.offset + index] = uses[index] }
    return (books, weights, table)
  }

  /// What codes make of rows, and the gradients of the rows by the output and the commitment.
  private func quantised(
    _ books: Codebooks, _ weights: FloatBuffer, _ table: ParameterTable, _ x: [Float],
    gradient: [Float]
  ) -> (output: [Float], gradient: [Float], commitment: [Float]) {
    let graph = Graph()
    let rows = graph.input("x", shape: [3])
    let output = books(rows)
    let program = TrainingProgram(
      minimising: output, table: table, batch: x.count / 3, gradientsOf: [rows])
    _ = program.rows(of: rows).update(fromContentsOf: x)
    _ = program.outputGradient.update(fromContentsOf: gradient)
    program.forward(weights)
    program.backward(weights, gradients: FloatBuffer(count: table.count))
    let commitment = TrainingProgram(
      minimising: rows.squaredError(to: output), table: table, batch: x.count / 3,
      gradientsOf: [rows])
    _ = commitment.rows(of: rows).update(fromContentsOf: x)
    commitment.forward(weights)
    commitment.backward(weights, gradients: FloatBuffer(count: table.count))
    return (
      Array(program.output), Array(program.inputGradient(of: rows)),
      Array(commitment.inputGradient(of: rows))
    )
  }

  private func values(_ parameter: Parameter, _ weights: FloatBuffer) -> [Float] {
    Weights(copying: weights)[parameter]
  }

  @Test func `codes follow moving averages, and gradients pass straight through`() throws {
    let file: Quantiser = try fixture("vq", in: .module)
    let (books, weights, table) = books(levels: 1, file.codebook.floats, file.cluster_size.floats)
    for step in file.steps {
      expectClose(
        values(books.codes, weights), step.codebook_before.values, relative: 2e-5, absolute: 1e-6)
      let x = step.x.floats
      let found = x.withUnsafeBufferPointer { books.nearest($0, Weights(copying: weights)) }
      #expect(found == step.codes.values.map { Int($0) })
      let passed = quantised(books, weights, table, x, gradient: step.output_gradient.floats)
      expectClose(passed.output, step.quantized.values, relative: 2e-5, absolute: 1e-6)
      expectClose(passed.gradient, step.gradient_of_output_by_x.values, relative: 1e-6)
      expectClose(
        passed.commitment, step.gradient_of_commitment_by_x.values, relative: 2e-5, absolute: 1e-6)
      x.withUnsafeBufferPointer {
        books.update(weights, rows: $0, decay: Float(file.decay), epsilon: Float(file.epsilon))
      }
      let after: [(Parameter, NestedNumbers)] = [
        (books.uses, step.cluster_size_after), (books.sums, step.embed_sum_after),
        (books.codes, step.codebook_after),
      ]
      for (parameter, expected) in after {
        expectClose(
          values(parameter, weights), expected.values, relative: 2e-5, absolute: 2e-6,
          parameter.name)
      }
    }
  }

  @Test func `a second level has codes for what the first leaves`() throws {
    let file: Quantiser = try fixture("vq", in: .module)
    let residual = file.residual
    let uses = residual.cluster_size.floats
    let (books, weights, table) = books(
      levels: 2, residual.codebooks.floats, uses.count == 12 ? uses : uses + uses)
    let x = residual.x.floats
    let found = x.withUnsafeBufferPointer { books.nearest($0, Weights(copying: weights)) }
    #expect(found == residual.codes.values.map { Int($0) })
    let passed = quantised(books, weights, table, x, gradient: residual.output_gradient.floats)
    expectClose(passed.output, residual.quantized.values, relative: 2e-5, absolute: 1e-6)
    expectClose(
      passed.gradient, residual.gradient_of_output_by_x_straight_around_all.values, relative: 1e-6)
    x.withUnsafeBufferPointer {
      books.update(weights, rows: $0, decay: Float(file.decay), epsilon: Float(file.epsilon))
    }
    expectClose(
      values(books.codes, weights), residual.codebooks_after.values, relative: 2e-5, absolute: 2e-6)
  }

  @Test func `codes that stand for nothing move to where rows are`() throws {
    let file: Quantiser = try fixture("vq", in: .module)
    var codes = file.codebook.floats
    for j in 0..<3 { codes[6 + j] = 100 }
    let (books, weights, _) = books(levels: 1, codes, [9, 9, 0.01, 9, 9, 9])
    let x = file.steps[0].x.floats
    var stream = RandomStream(seed: 1, purpose: .codes)
    let moved = x.withUnsafeBufferPointer {
      books.reseed(weights, rows: $0, fewest: 0.5, start: 1, &stream)
    }
    #expect(moved == 1)
    let code = Array(values(books.codes, weights)[6..<9])
    #expect((0..<10).contains { Array(x[$0 * 3..<($0 + 1) * 3]) == code })
    expectClose(values(books.uses, weights), [9, 9, 1, 9, 9, 9] as [Float])
  }
}
