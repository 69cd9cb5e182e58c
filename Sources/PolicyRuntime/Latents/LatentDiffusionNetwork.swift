internal import Diffusion
internal import Foundation
internal import Neural
internal import Randomness

/// The networks of a ``LatentDiffusion``.
public struct LatentDiffusionNetwork {
  /// The sizes of windows and chunks.
  let shape: PolicyShape
  /// The codec: one of the two.
  let gaussian: GaussianCodec?
  let flow: CouplingFlow?
  /// Where the codec's parameters end.
  let codecEnd: Int
  let denoiser: DenoisingNetwork
  let scale: LatentScale

  /// The latent's mean, [latent].
  func encoded(_ chunk: Node) -> Node {
    if let gaussian { return gaussian.posterior(chunk).columns(0..<gaussian.width) }
    return flow?.encoded(chunk).latent ?? chunk
  }

  /// The chunk that a latent stands for.
  func decoded(_ latent: Node) -> Node {
    gaussian?.decoded(latent) ?? flow?.decoded(latent) ?? latent
  }

  func compiled(_ weights: Weights, capacity: Int) -> NetworkCodec {
    let chunk = Graph().input("chunk", shape: [shape.chunkWidth])
    let latent = Graph().input("latent", shape: [scale.middle.count])
    return NetworkCodec(
      encoder: CodecPass(encoded(chunk), from: chunk, nil, weights: weights, capacity: capacity),
      decoder: CodecPass(decoded(latent), from: latent, nil, weights: weights, capacity: capacity),
      latentWidth: latent.count, capacity: capacity)
  }

  func latents(of chunks: [Float], _ weights: Weights) -> [Float] {
    let codec = compiled(weights, capacity: 1024)
    return codec.inBlocks(chunks, of: shape.chunkWidth) { codec.latents(of: $0) }
  }

  /// The training of the codec alone.
  func codecTraining(
    _ task: TrainingTask, klWeight: Double, blur: Double
  ) throws -> MethodTraining {
    let graph = Graph()
    let chunk = graph.input("chunk", shape: [shape.chunkWidth])
    let inputs = denoiser.network.inputs(graph)
    var (loss, noise): (Node, Node?) = (chunk, nil)
    var constants: [String: [Float]] = [:]
    if let gaussian {
      let drawn = graph.input("noise", shape: [gaussian.width])
      let posterior = gaussian.posterior(chunk)
      let decoded = gaussian.decoded(GaussianCodec.draw(posterior, noise: drawn))
      loss = gaussian.error(decoded, of: chunk).sum(
        with: posterior.divergence(), scaleB: Float(klWeight) / Float(chunk.count))
      noise = drawn
    } else if let flow {
      let still = try flow.still(task)
      let encoded = flow.encoded(chunk)
      loss = flow.negativeLogLikelihood(
        encoded.latent, encoded.logDeterminant, values: still.count { $0 == nil })
      constants = flow.constants(still)
    }
    let program = TrainingProgram(minimising: loss, table: task.table, batch: task.batch)
    let windows = try WindowInputs(program, denoiser.network, inputs, task)
    return MethodTraining(
      program,
      source: LatentSource(
        program, windows, chunk: chunk, noise: noise, blur: flow == nil ? 0 : blur),
      constants: constants, parameters: 0..<codecEnd)
  }
}

extension Denoising {
  /// Checks that latents can be denoised so.
  func validateForLatents() throws {
    try validate()
    guard teacher == nil else {
      throw ImitationError.optionOutOfRange(
        name: "the teacher of what denoises latents", value: teacher ?? "",
        range: "none: latents of two trainings are not the same")
    }
  }
}

/// A lower bound of the density of chunks: the codec's part, and the variational bound of the
/// denoiser on latents with the variances `large`.
final class LatentDiffusionBound: ChunkLikelihood {
  let isBound = true
  private let questions: DenoisingQuestions
  private let network: LatentDiffusionNetwork
  private let encoder: CodecPass
  private let decoder: CodecPass?
  private let scale: (middle: [Float], half: Float)
  private let deviations: [Float]
  private let latent: Int
  /// Which of a latent's numbers change.
  private let counts: [Bool]
  /// The largest magnitude of x̂_0, as the sampler has it; nil for no clipping.
  private let clip: Double?

  init(
    _ network: LatentDiffusionNetwork, _ questions: DenoisingQuestions, clip: Double?,
    weights: Weights
  ) {
    self.clip = clip
    self.questions = questions
    self.network = network
    let chunk = Graph().input("chunk", shape: [network.shape.chunkWidth])
    latent = network.scale.middle.count
    let output: Node
    if let gaussian = network.gaussian {
      output = gaussian.posterior(chunk)
      let input = Graph().input("latent", shape: [latent])
      decoder = CodecPass(
        gaussian.decoded(input), from: input, nil, weights: weights, capacity: questions.capacity)
      deviations = gaussian.deviations(weights)
    } else {
      let encoded = network.flow?.encoded(chunk)
      output = encoded.map { Node.concatenation([$0.latent, $0.logDeterminant]) } ?? chunk
      (decoder, deviations) = (nil, [])
    }
    encoder = CodecPass(
      output, from: chunk, nil, weights: weights, capacity: questions.capacity)
    scale = network.scale.values([:], weights)
    counts =
      network.flow?.stillLatents(weights).map { $0 == nil }
      ?? Array(repeating: true, count: latent)
  }

  var capacity: Int { questions.capacity }
  var observations: UnsafeMutableBufferPointer<Float> { questions.observations }
  var images: [UnsafeMutableBufferPointer<Float>] { questions.images }

  func logDensities(of chunks: [Float], counting counted: [Bool]) -> [Double] {
    let width = network.shape.chunkWidth
    let count = chunks.count / width
    let rows = encoder(chunks)
    let each = rows.count / max(count, 1)
    var latents = [Float](repeating: 0, count: count * latent)
    var result = [Double](repeating: 0, count: count)
    for row in 0..<count {
      var stream = RandomStream(seed: 0, purpose: .metric, index: UInt32(row))
      for j in 0..<latent {
        let mean = rows[row * each + j]
        guard decoder != nil else {
          latents[row * latent + j] = mean
          continue
        }
        // −ln q(z) at a draw of it.
        let (spread, drawn) = (Double(rows[row * each + latent + j]), stream.normal())
        latents[row * latent + j] = mean + Float(exp(spread / 2) * drawn)
        result[row] += (spread + drawn * drawn + log(2 * .pi)) / 2
      }
      if decoder == nil { result[row] = Double(rows[row * each + latent]) }
    }
    if let decoder {
      let decoded = decoder(latents)
      for index in chunks.indices where counted[index % counted.count] {
        let deviation = Double(deviations[index % width])
        let distance = (Double(chunks[index]) - Double(decoded[index])) / deviation
        result[index / width] -= (distance * distance + log(2 * .pi)) / 2 + log(deviation)
      }
    }
    let bounds = bounds(
      latents.enumerated().map { ($1 - scale.middle[$0 % latent]) / scale.half }, count: count)
    // Densities of scaled latents are larger by what they were divided by.
    let jacobian = Double(counts.count { $0 }) * log(Double(scale.half))
    return result.indices.map { result[$0] - bounds[$0] - jacobian }
  }

  /// The bounds on −ln p of scaled latents, window by window.
  private func bounds(_ clean: [Float], count: Int) -> [Double] {
    let process = questions.process
    let bound = VariationalBound(process)
    questions.observe(windows: count)
    var sums = [Double](repeating: 0, count: count)
    for index in clean.indices where counts[index % latent] {
      sums[index / latent] += bound.priorTerm(Double(clean[index]))
    }
    for t in 1...process.steps {
      var noise = clean
      for row in 0..<count {
        noise.withUnsafeMutableBufferPointer {
          fillNormals(
            UnsafeMutableBufferPointer(rebasing: $0[row * latent..<(row + 1) * latent]), seed: 1,
            purpose: .metric, step: UInt32(t), index: UInt32(row))
        }
      }
      let noisy = process.level(t).noisy(clean, noise)
      let answers = questions.answers(to: noisy, at: t)
      let toClean = process.conversion(from: questions.prediction, to: .sample, at: t)
      let spread = log(VarianceRange(from: t, to: t - 1, in: process).large)
      for index in clean.indices where counts[index % latent] {
        var guess = toClean(Double(noisy[index]), Double(answers.prediction[index]))
        if let clip { guess = min(max(guess, -clip), clip) }
        let error = Double(clean[index]) - guess
        sums[index / latent] += bound.term(
          at: t, squaredError: error * error, logVariance: spread)
      }
    }
    return sums
  }
}
