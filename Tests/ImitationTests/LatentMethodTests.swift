import Demonstrations
import Diffusion
import EnvironmentInterface
import Foundation
import Imitation
import Neural
import PolicyRuntime
import Randomness
import TestSupport
import Testing

/// Methods with latents: what they watch, encode, and say of densities.
@Suite struct LatentMethodTests {
  /// A checkpoint of decisions with two right answers.
  private func checkpoint(
    _ method: String, _ settings: [String: Settings.Value] = [:], steps: Int = 1000
  ) throws -> Checkpoint {
    let folder = try TemporaryFolder()
    try TwoModes.write(to: folder.file("modes.hdf5"))
    let configuration = TrainingConfiguration(
      policy: try PolicyConfiguration().of(
        method, "mlp",
        [
          "backbone.hidden_width": 32, "backbone.depth": 2,
          "codec.hidden_width": 32, "context_width": 32,
        ].merging(settings) { $1 }),
      steps: steps, batch: 64, learningRate: LearningRate(peak: 3e-3))
    let trainer = try Trainer(
      configuration, demonstrations: DemonstrationStore(reading: folder.file("modes.hdf5")))
    try trainer.run()
    return trainer.checkpoint
  }

  /// Normalised chunks as demonstrators draw them where both modes are equally likely.
  private func chunks(_ count: Int, _ checkpoint: Checkpoint) throws -> [Float] {
    var stream = RandomStream(seed: 4, purpose: .metric)
    return try (0..<count).flatMap { _ in
      let middle = stream.uniform() < 0.5 ? TwoModes.distance : -TwoModes.distance
      let action = (0..<2).map { _ in Float(middle + TwoModes.deviation * stream.normal()) }
      return try checkpoint.normalizer.normalise(action: action)
    }
  }

  // MARK: Densities

  /// −ln p of chunks at x = 0, in nats a chunk of normalised values.
  private func nats(_ checkpoint: Checkpoint, _ chunks: [Float]) throws -> [Double] {
    let likelihood = try #require(
      try checkpoint.model().likelihood(
        weights: checkpoint.weights, options: DeciderOptions(capacity: 1000)))
    likelihood.observations.update(repeating: 0)
    var result: [Double] = []
    for start in stride(from: 0, to: chunks.count, by: 2000) {
      let block = Array(chunks[start..<min(start + 2000, chunks.count)])
      result += likelihood.logDensities(of: block, counting: [true, true]).map { -$0 }
    }
    return result
  }

  @Test func `a flow's density integrates to one`() throws {
    let checkpoint = try checkpoint("flow-policy", ["couplings": 4])
    let (low, step, count) = (-1.8, 0.02, 180)
    let places = (0..<count).map { Float(low + (Double($0) + 0.5) * step) }
    let grid = places.flatMap { u in places.flatMap { [u, $0] } }
    let integral = try nats(checkpoint, grid).reduce(0) { $0 + exp(-$1) } * step * step
    expectClose(integral, 1, absolute: 0.02, "integral")
  }

  @Test(arguments: ["flow-policy", "cvae", "latent-diffusion"])
  func `likelihoods and bounds stand near the demonstrator's own, and not below it`(
    _ method: String
  ) throws {
    let checkpoint = try checkpoint(method, steps: method == "latent-diffusion" ? 4000 : 1000)
    let known = try chunks(1000, checkpoint)
    let found = try nats(checkpoint, known)
    // Where both modes are as likely, −ln p is ln 2 and a normal's entropy for each value.
    let scale =
      try checkpoint.normalizer.normalise(action: [0.1, 0.1])[0]
      - checkpoint.normalizer.normalise(action: [0, 0])[0]
    let deviation = TwoModes.deviation * Double(scale) / 0.1
    let entropy = log(2) + 2 * (log(2 * .pi * exp(1)) / 2 + log(deviation))
    let mean = found.reduce(0, +) / Double(found.count)
    #expect(mean > entropy - 0.1, "\(method): \(mean), the demonstrator \(entropy)")
    // Diffusion's bound of few noise steps is loose.
    #expect(
      mean < entropy + (method == "latent-diffusion" ? 4 : 1),
      "\(method): \(mean), the demonstrator \(entropy)")
  }

  @Test func `methods without a density say so`() throws {
    for method in ["vq", "diffusion-autoencoder"] {
      let checkpoint = try checkpoint(method, steps: 10)
      #expect(
        try checkpoint.model().likelihood(
          weights: checkpoint.weights, options: DeciderOptions(capacity: 1)) == nil)
    }
  }

  // MARK: Codecs

  private func codec(_ checkpoint: Checkpoint, capacity: Int) throws -> any ChunkCodec {
    let codec = try #require(
      try checkpoint.model().codec(
        weights: checkpoint.weights, options: DeciderOptions(capacity: capacity)))
    if codec.observations.count > 0 { codec.observations.update(repeating: 0) }
    return codec
  }

  @Test(
    arguments: zip(
      ["cvae", "flow-policy", "vq", "latent-diffusion", "diffusion-autoencoder"],
      [0.05, 1e-4, 0.05, 0.05, 0.1]))
  func `demonstrated chunks are brought back`(_ method: String, _ bound: Double) throws {
    let checkpoint = try checkpoint(method)
    let known = try chunks(200, checkpoint)
    let codec = try codec(checkpoint, capacity: 200)
    let latents = codec.latents(of: known)
    #expect(latents.count == 200 * codec.latentWidth)
    let back = codec.chunks(of: latents, noise: codec.noise(of: known, latents: latents))
    let squares = zip(back, known).reduce(0.0) { $0 + pow(Double($1.0 - $1.1), 2) }
    #expect((squares / 400).squareRoot() < bound, "\(method): \((squares / 400).squareRoot())")
  }

  @Test func `codes tell the modes apart`() throws {
    let checkpoint = try checkpoint("vq", ["codes": 4, "levels": 1])
    let known = try chunks(400, checkpoint)
    let codec = try codec(checkpoint, capacity: 400)
    let codes = codec.codes(of: codec.latents(of: known))
    #expect(codec.levels == 1 && codec.codes == 4)
    for code in 0..<4 {
      let signs = Set(codes.indices.filter { codes[$0] == code }.map { known[2 * $0] > 0 })
      #expect(signs.count <= 1, "code \(code) stands for both modes")
    }
    #expect(Set(codes).count > 1)
    let perplexity = try #require(checkpoint.metrics.last?.figures?["code_perplexity"])
    #expect(perplexity > 1.5 && perplexity <= 4)
  }

  @Test func `an autoencoder's latent says the mode, and its noise is of unit size`() throws {
    let checkpoint = try checkpoint("diffusion-autoencoder", steps: 1500)
    let known = try chunks(200, checkpoint)
    let codec = try codec(checkpoint, capacity: 200)
    let latents = codec.latents(of: known)
    let noise = try #require(codec.noise(of: known, latents: latents))
    let power = noise.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(noise.count)
    // A chunk that the latent says already comes from a noise that says nothing, near 0.
    #expect(power > 0.001 && power < 3, "\(power)")
    // The latent of one chunk with the noise of another leads to the first one's mode.
    let turned = Array(noise.suffix(2) + noise.dropLast(2))
    let back = codec.chunks(of: latents, noise: turned)
    let right = (0..<200).count { (back[2 * $0] > 0) == (known[2 * $0] > 0) }
    #expect(right > 190, "\(right) of 200")
  }

  @Test(arguments: ["vae", "flow"])
  func `codec and denoiser that are trained together act both modes`(_ latent: String) throws {
    let checkpoint = try checkpoint(
      "latent-diffusion", ["joint": true, "latent": .text(latent)], steps: 3000)
    let policy = try Policy(checkpoint, capacity: 250)
    let keys = (0..<1000).map { DecisionKey(seed: UInt64($0), step: 0) }
    let windows = keys.map { _ in ObservationWindow([["position": .float32([0])]]) }
    let corners = TwoModes.Corners(try policy.act(windows, keys: keys).map { $0[0] })
    #expect(corners.lower + corners.upper > 0.9, "\(corners)")
    expectClose(corners.upper, 0.5, absolute: 0.1, "\(latent)")
    // Not worse than a density of one mode, and not better than the demonstrator's own.
    let found = try nats(checkpoint, chunks(500, checkpoint))
    #expect(found.reduce(0, +) / 500 > -2.9)
  }

  // MARK: Watching and refusing

  @Test func `a flow's inverse is watched, and a collapsed latent is warned of`() throws {
    let error = try #require(
      try checkpoint("flow-policy", steps: 100).metrics.last?.figures?["inverse_error"])
    #expect(error > 0 && error < 1e-4)
    let folder = try TemporaryFolder()
    try TwoModes.write(to: folder.file("modes.hdf5"))
    let configuration = TrainingConfiguration(
      policy: try PolicyConfiguration().of(
        "cvae", "mlp", ["kl_weight": 1000, "backbone.hidden_width": 8]), steps: 300, batch: 64)
    let trainer = try Trainer(
      configuration, demonstrations: DemonstrationStore(reading: folder.file("modes.hdf5")))
    try trainer.run()
    #expect(trainer.warnings.count == 1)
    #expect(trainer.warnings.first?.contains("posterior collapse") == true)
  }

  @Test func `how latents are denoised is set below the method, and a former file is read`() throws
  {
    let policy = try PolicyConfiguration().of(
      "latent-diffusion", "mlp", ["method.denoising.schedule.steps": 20])
    let method = try #require(policy.method as? LatentDiffusion)
    #expect(method.denoising.schedule.steps == 20 && method.denoising.sampler.clip == 1)
    // A setting that a file of before has not.
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(policy), as: UTF8.self)
    let former = text.replacing(#""joint":false,"#, with: "")
    #expect(former != text)
    #expect(try JSONDecoder().decode(PolicyConfiguration.self, from: Data(former.utf8)) == policy)
  }

  @Test func `options out of range are named`() throws {
    func refusal(_ method: String, _ settings: [String: Settings.Value]) throws -> String {
      message {
        try PolicyConfiguration().of(method, "mlp", settings).validate()
      }
    }
    #expect(
      try refusal("cvae", ["latent_width": 0]) == "latent width is 0, but must be 1…65536")
    #expect(
      try refusal("cvae", ["kl_weight": -1])
        == "the divergence's weight is -1.0, but must be at least 0")
    #expect(try refusal("flow-policy", ["couplings": 1]) == "couplings is 1, but must be 2…1000")
    #expect(
      try refusal("vq", ["codes": 100, "levels": 3])
        == "codes to the power of levels is 1000000, but must be at most 4096: each is a class that "
        + "is predicted")
    #expect(
      try refusal("latent-diffusion", ["codec_share": 1])
        == "codec share is 1.0, but must be more than 0 and less than 1")
    let scene = message {
      try PolicyConfiguration(method: LatentDiffusion(), backbone: SceneMixture()).validate()
    }
    #expect(scene.hasPrefix("the backbone of method 'latent-diffusion' is scene"), "\(scene)")
  }
}
