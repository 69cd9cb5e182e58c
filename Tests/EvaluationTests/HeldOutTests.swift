import Demonstrations
import Diffusion
import EnvironmentInterface
import Evaluation
import Foundation
import Imitation
import Neural
import Randomness
import TestSupport
import Testing

/// A policy judged by recordings, against integrals and against its own definition.
@Suite struct HeldOutTests {
  /// Episodes of 6 steps whose action is 0.5·x + 0.2·noise, times a unit; and a constant.
  private static func write(to path: String, unit: Float = 1, constant: Bool = false) throws {
    let environment = EnvironmentDescription(
      name: "line", options: [:], observations: [Space("x", [.init("x", from: -1, to: 1)])],
      action: Space(
        "action",
        [.init("u", from: -10, to: 10)] + (constant ? [.init("v", from: -10, to: 10)] : [])),
      controlRate: 10, episodeLimit: 10, subtasks: [])
    let recorder = try DemonstrationRecorder(path: path, environment: environment)
    for episode in 0..<60 {
      var stream = RandomStream(seed: 4, purpose: .demonstrator, index: UInt32(episode))
      let positions = (0..<6).map { _ in Float(stream.uniform(from: -1, to: 1)) }
      let actions = positions.flatMap { x -> [Float] in
        [unit * (0.5 * x + 0.2 * Float(stream.normal()))] + (constant ? [3] : [])
      }
      try recorder.append(
        Episode(
          actions: Series(shape: [constant ? 2 : 1], elements: .float32(actions)),
          observations: ["x": Series(shape: [1], elements: .float32(positions))],
          rewards: Array(repeating: 0, count: 6), dones: (0..<6).map { $0 == 5 }))
    }
    try recorder.close()
  }

  private func trained(
    _ method: any Method, on path: String, steps: Int = 400, horizons: Horizons = .single
  ) throws -> (Checkpoint, DemonstrationStore) {
    let store = try DemonstrationStore(reading: path)
    let configuration = TrainingConfiguration(
      policy: PolicyConfiguration(
        method: method, backbone: MLP(hiddenWidth: 32, depth: 2), horizons: horizons),
      steps: steps, batch: 64, learningRate: LearningRate(peak: 3e-3))
    let trainer = try Trainer(configuration, demonstrations: store)
    try trainer.run()
    return (trainer.checkpoint, store)
  }

  private func scratch(unit: Float = 1, constant: Bool = false) throws -> String {
    let path = NSTemporaryDirectory() + "held-out-\(UUID().uuidString).hdf5"
    try Self.write(to: path, unit: unit, constant: constant)
    return path
  }

  @Test(arguments: [GaussianMethod(), DiscretisedMethod(bins: 7)] as [any Method])
  func `a density integrates to one`(method: any Method) throws {
    let (checkpoint, _) = try trained(method, on: scratch(), steps: 50)
    let likelihood = try #require(
      try checkpoint.model().likelihood(
        weights: checkpoint.weights, options: DeciderOptions(capacity: 1)))
    likelihood.observations[0] = 0.3
    let step = 1e-3
    let total = stride(from: -6.0, to: 6, by: step).reduce(0) { sum, place in
      sum + step * exp(likelihood.logDensities(of: [Float(place)], counting: [true])[0])
    }
    expectClose(total, 1, relative: 5e-3)
  }

  @Test func `a chunk has the same latent live as in its recording`() throws {
    let horizons = try Horizons(observation: 1, prediction: 2, action: 1)
    let (checkpoint, store) = try trained(
      ConditionalVAE(), on: scratch(), steps: 30, horizons: horizons)
    let encoding = try Encoding(checkpoint, of: store)
    let encoder = try #require(try ChunkEncoder(checkpoint, capacity: 2))
    let map = try LatentMap(checkpoint, of: store)
    #expect(map.places.count == encoding.origins.count && map.behaviours == [""])
    let width = encoding.latentWidth
    for row in stride(from: 0, to: encoding.origins.count, by: 29) {
      let origin = encoding.origins[row]
      let episode = try store.episode(origin.episode)
      let x = try #require(episode.observations["x"]).floats[origin.step]
      let actions = episode.actions.floats[origin.step...origin.step + 1].map { [$0] }
      // Three chunks, so that one batch is not enough; the others change nothing.
      let latents = try encoder.latents(
        of: [[[0], [0]], [[1], [1]], actions], at: ObservationWindow([["x": .float32([x])]]))
      for (a, b) in zip(latents[2], encoding.latents[row * width..<(row + 1) * width]) {
        expectClose(Double(a), Double(b), absolute: 1e-5)
      }
      #expect(latents[0] != latents[2])
    }
  }

  @Test func `a gaussian comes near the entropy, in either unit`() throws {
    // The same numbers in other units, so that the trainings are the same.
    let (small, smallStore) = try trained(GaussianMethod(), on: scratch(), steps: 1500)
    let report = try HeldOutEvaluation(draws: 200).run(small, on: smallStore)
    let found = try #require(report.likelihood)
    let entropy = (log(2 * .pi) + 1) / 2 + log(0.2)
    expectClose(try #require(found.actionNats), entropy, absolute: 0.08)
    #expect(report.bounds == nil && report.noiseSteps == nil && found.windowsWithoutDensity == 0)
    expectClose(found.bits * log(2), found.nats.mean, relative: 1e-12)
    // The mean of many draws is off by the noise of the data, and the best by nearly nothing.
    let unit = exp(try #require(found.actionNats) - found.nats.mean)
    expectClose(report.actionError.meanInActions, 0.2 * (2 / Double.pi).squareRoot(), relative: 0.1)
    expectClose(
      report.actionError.mean.mean * unit, report.actionError.meanInActions, relative: 1e-4)
    #expect(report.actionError.best.mean < 0.1 * report.actionError.mean.mean)
    let (large, largeStore) = try trained(GaussianMethod(), on: scratch(unit: 8), steps: 1500)
    let other = try #require(try HeldOutEvaluation(draws: 1).run(large, on: largeStore).likelihood)
    expectClose(try #require(other.actionNats), entropy + log(8), absolute: 0.08)
    expectClose(other.nats.mean, found.nats.mean, absolute: 0.02)
  }

  /// The divergence of the posterior from a step whose mean goes by ε̂, for variance small, large
  /// and between the two by u; at t = 1 minus ln of the step's density at x_0.
  private func divergences(
    _ process: NoiseProcess, at t: Int, clean: Double, noisy: Double, epsilon: Double, u: Double
  ) throws -> [Double] {
    let level = process.level(t)
    let guess = min(max((noisy - level.noise * epsilon) / level.signal, -1), 1)
    let weights = process.posteriorMean(from: t, to: t - 1)
    let distance = pow(weights(clean, noisy) - weights(guess, noisy), 2)
    let range = VarianceRange(from: t, to: t - 1, in: process)
    let own = process.posteriorVariance(from: t, to: t - 1)
    return [range.small, range.large, exp(range.logVariance(u))].map { variance in
      let far = distance / (2 * variance)
      return t == 1
        ? far + log(2 * .pi * variance) / 2
        : far + (own / variance - 1 + log(variance / own)) / 2
    }
  }

  @Test func `the bound is the sum of divergences between the steps' normal distributions`() throws
  {
    let (checkpoint, store) = try trained(
      DenoisingDiffusion(
        schedule: .init(steps: 6), learnsVariance: true,
        sampler: .init(ddpmVariance: .learned, clip: 1)), on: scratch())
    let report = try HeldOutEvaluation(windows: 40, draws: 1, seed: 3).run(checkpoint, on: store)
    let bounds = try #require(report.bounds)
    #expect(bounds.map(\.variance) == ["small", "large", "learned", "best constant"])
    let data = try WindowDataset(
      store, horizons: .single, normalizer: checkpoint.normalizer)
    let questions = try #require(
      try checkpoint.model().denoising(
        weights: checkpoint.weights, options: DeciderOptions(capacity: 1)))
    let process = questions.process
    var (sums, squares) = ([0.0, 0.0, 0.0], [Double](repeating: 0, count: 6))
    for place in 0..<40 {
      let window = place * data.count / 40
      var x: Float = 0
      data.gather(
        window: window, observation: try #require(questions.observations.baseAddress), action: &x)
      questions.observe(windows: 1)
      for t in 1...6 {
        var z = [Float](repeating: 0, count: 1)
        z.withUnsafeMutableBufferPointer {
          fillNormals(
            $0, seed: 3, purpose: .trainingNoise, step: UInt32(t), index: UInt32(window))
        }
        let noisy = process.level(t).noisy([x], z)
        let answer = questions.answers(to: noisy, at: t)
        let epsilon = Double(answer.prediction[0])
        squares[t - 1] += pow(Double(z[0]) - epsilon, 2) / 40
        let terms = try divergences(
          process, at: t, clean: Double(x), noisy: Double(noisy[0]), epsilon: epsilon,
          u: (Double(answer.variance[0]) + 1) / 2)
        for index in sums.indices { sums[index] += terms[index] / 40 }
      }
    }
    for (bound, sum) in zip(bounds, sums) {
      expectClose(
        bound.stepTerms.reduce(bound.lastTerm, +), sum, relative: 1e-4, absolute: 1e-5,
        bound.variance)
      expectClose(
        bound.nats.mean, bound.priorTerm + sum, relative: 1e-4, absolute: 1e-5, bound.variance)
    }
    expectClose(try #require(report.noiseSteps).map(\.loss), squares, relative: 1e-4)
    expectClose(try #require(report.loss), squares.reduce(0, +) / 6, relative: 1e-4)
    // No constant is better than the best one.
    #expect(bounds[3].nats.mean <= min(bounds[0].nats.mean, bounds[1].nats.mean) + 1e-9)
  }

  /// 360 windows are two blocks.
  @Test(
    arguments: [
      DenoisingDiffusion(schedule: .init(steps: 4)), GaussianMethod(), ConditionalVAE(),
    ] as [any Method])
  func `no number depends on the threads`(method: any Method) throws {
    let (checkpoint, store) = try trained(method, on: scratch(), steps: 20)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    var reports: Set<Data> = []
    for threads in [1, 2, 5] {
      var evaluation = HeldOutEvaluation(draws: 3, seed: 9)
      evaluation.threads = threads
      reports.insert(try encoder.encode(evaluation.run(checkpoint, on: store)))
    }
    #expect(reports.count == 1)
    guard method is ConditionalVAE else { return }
    let alone = try Encoding(checkpoint, of: store, threads: 1)
    let together = try Encoding(checkpoint, of: store, threads: 4)
    #expect(alone.latents.count == 360 * alone.latentWidth)
    #expect(alone.latents == together.latents && alone.errors == together.errors)
    #expect(alone.origins == together.origins)
  }

  @Test func `constants have no density, cut chunks are left out, and a seed repeats`() throws {
    let (checkpoint, store) = try trained(
      DenoisingDiffusion(schedule: .init(steps: 4)), on: scratch(constant: true), steps: 20,
      horizons: Horizons(observation: 1, prediction: 3, action: 1))
    let evaluation = HeldOutEvaluation(windows: 50, draws: 3, seed: 9)
    let report = try evaluation.run(checkpoint, on: store)
    // Of each 6 windows the last 2 run past the end of their episode.
    #expect(report.windowsCutShort == 120 && report.windows == 50 && report.values == 3)
    #expect(try #require(report.bounds)[0].nats.mean.isFinite)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    #expect(try encoder.encode(report) == encoder.encode(evaluation.run(checkpoint, on: store)))
    let other = try HeldOutEvaluation(windows: 50, draws: 3, seed: 8).run(checkpoint, on: store)
    #expect(other.actionError.mean != report.actionError.mean)
  }
}
