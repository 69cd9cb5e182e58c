import Demonstrations
import Diffusion
import EnvironmentInterface
import Foundation
import Imitation
import Neural

/// A policy with the windows that it is judged by.
struct HeldOutSubject: Sendable {
  let checkpoint: Checkpoint
  let windows: HeldOutWindows
  /// Which values of a chunk change.
  let counted: [Bool]
  /// The largest magnitude of x̂_0, as the sampler has it; nil for no clipping.
  let clip: Double?
  private let seed: UInt64
  private let block, threads: Int
  private let means: WindowMeans

  init(
    _ checkpoint: Checkpoint, _ windows: HeldOutWindows, seed: UInt64, block: Int, threads: Int
  ) {
    self.checkpoint = checkpoint
    self.windows = windows
    self.seed = seed
    self.block = min(block, windows.indices.count)
    self.threads = threads
    let varies = checkpoint.normalizer.action.variesByFeature
    counted = (0..<checkpoint.shape.chunkWidth).map { varies[$0 % varies.count] }
    clip = checkpoint.configuration.policy.method.sampling?.clip
      .map { $0 * Double(checkpoint.shape.largestReach) }
    means = WindowMeans(episodes: windows.episodes)
  }

  private var values: Double { Double(counted.count { $0 }) }

  private func model() throws -> PolicyModel { try checkpoint.model() }

  /// What turns nats of normalised values into nats of actions, a value; nil where there is none.
  private var jacobian: Double? {
    let action = checkpoint.normalizer.action
    let varies = action.variesByFeature
    return action.unitLengths.map { lengths in
      let logs = zip(lengths, varies).filter(\.1).map { log($0.0) }
      return logs.isEmpty ? 0 : logs.reduce(0, +) / Double(logs.count)
    }
  }

  // MARK: Densities

  /// −ln p of the recorded action, a normalised value, by the demonstrator's own density, for each
  /// window; nil where it is not known, or a chunk is more than one action.
  func demonstrator(
    _ environment: (any Environment)?, _ store: DemonstrationStore
  ) throws -> [Double]? {
    guard checkpoint.shape.horizons.prediction == 1, let jacobian,
      let environment = environment as? any KnownActionDistribution
    else { return nil }
    let start = (environment as? any ObservedStart)?.startObservations ?? []
    var result: [Double] = []
    var latest: (index: Int, episode: Episode)?
    for window in windows.indices {
      let (index, step) = windows.data.origin(of: window)
      if latest?.index != index {
        latest = (index, try store.episode(index, observations: start))
      }
      guard let episode = latest?.episode, let action = episode.actions.value(at: step) else {
        return nil
      }
      do { try environment.restore(episode, at: step) } catch { return nil }
      guard let density = environment.demonstratorLogDensity(of: action) else { return nil }
      // Actions are recorded in single precision; one at an edge may come to lie outside.
      result.append(density.isFinite ? -density / values - jacobian : .nan)
    }
    return result
  }

  /// The density or a bound of it, for a method that has one.
  func likelihood(_ demonstrator: [Double]?) throws -> HeldOutReport.Likelihood? {
    guard let first = try compiledLikelihood(for: 1) else { return nil }
    let varies = checkpoint.normalizer.action.variesByFeature
    var found: [Double] = []
    try windows.forEachBlock(of: block, threads: threads) {
      try compiledLikelihood(for: block)
    } room: {
      ($0?.observations ?? .init(start: nil, count: 0), $0?.images ?? [])
    } job: { likelihood, _, chunks in
      likelihood?.logDensities(of: chunks, counting: varies) ?? []
    } deliver: { _, densities in
      found += densities.map { -$0 / values }
    }
    return self.likelihood(of: found, demonstrator, isBound: first.isBound)
  }

  private func compiledLikelihood(for windows: Int) throws -> (any ChunkLikelihood)? {
    try model().likelihood(
      weights: checkpoint.weights, options: DeciderOptions(capacity: windows))
  }

  func likelihood(
    of nats: [Double], _ demonstrator: [Double]?, isBound: Bool = false
  ) -> HeldOutReport.Likelihood? {
    guard let estimate = estimate(nats) else { return nil }
    return .init(
      isBound: isBound, nats: estimate, windowsWithoutDensity: nats.count { !$0.isFinite },
      bits: estimate.mean / log(2), actionNats: jacobian.map { estimate.mean + $0 },
      gap: gap(nats, demonstrator))
  }

  /// The mean over the windows that have a number; nil where none has.
  private func estimate(_ values: [Double]) -> HeldOutReport.Estimate? {
    let known = values.indices.filter { values[$0].isFinite }
    guard !known.isEmpty else { return nil }
    let episodes = windows.episodes
    return WindowMeans(episodes: known.map { episodes[$0] })(known.map { values[$0] })
  }

  private func gap(_ nats: [Double], _ demonstrator: [Double]?) -> HeldOutReport.Estimate? {
    demonstrator.flatMap { estimate(zip(nats, $0).map { $0 - $1 }) }
  }

  // MARK: Denoising

  /// The terms of a denoiser; nil for a method that does not denoise.
  func terms() throws -> (terms: DenoisingTerms, questions: DenoisingQuestions)? {
    guard let questions = try compiledQuestions(for: 1) else { return nil }
    var terms = DenoisingTerms(
      questions, counted: counted, clip: clip, seed: seed, windows: windows.indices)
    let none = terms
    try windows.forEachBlock(of: block, threads: threads) {
      try compiledQuestions(for: block)
    } room: {
      ($0?.observations ?? .init(start: nil, count: 0), $0?.images ?? [])
    } job: { questions, places, chunks in
      questions.map { none.answered(by: $0, about: places, chunks) }
    } deliver: { places, part in
      if let part { terms.add(part, at: places) }
    }
    terms.divide()
    return (terms, questions)
  }

  private func compiledQuestions(for windows: Int) throws -> DenoisingQuestions? {
    try model().denoising(weights: checkpoint.weights, options: DeciderOptions(capacity: windows))
  }

  func noiseSteps(
    _ terms: DenoisingTerms, _ questions: DenoisingQuestions
  ) -> [HeldOutReport.NoiseStep] {
    terms.losses.indices.map { index in
      let level = questions.process.level(index + 1)
      return .init(
        noiseStep: index + 1, signal: level.signal, noise: level.noise,
        loss: questions.weights[index] * terms.losses[index], cleanError: terms.cleanErrors[index])
    }
  }

  func bounds(_ terms: DenoisingTerms, _ demonstrator: [Double]?) -> [HeldOutReport.Bound] {
    let prior = terms.priors.reduce(0, +) / Double(terms.priors.count)
    func bound(
      _ name: String, _ steps: [Double], _ nats: HeldOutReport.Estimate,
      gap: HeldOutReport.Estimate?
    ) -> HeldOutReport.Bound {
      .init(
        variance: name, nats: nats, bits: nats.mean / log(2),
        actionNats: jacobian.map { nats.mean + $0 }, priorTerm: prior,
        stepTerms: Array(steps.dropFirst()), lastTerm: steps.first ?? 0, gap: gap)
    }
    let own = DenoisingTerms.Variance.allCases.compactMap { variance in
      terms.totals[variance].map { totals in
        let nats = zip(totals, terms.priors).map(+)
        return bound(
          variance.rawValue, terms.terms[variance] ?? [], means(nats),
          gap: gap(nats, demonstrator))
      }
    }
    let best = terms.bestConstantTerms
    let total = prior + best.reduce(0, +)
    return own + [
      bound("best constant", best, .init(mean: total, standardError: nil), gap: nil)
    ]
  }

  // MARK: Actions

  /// How far the mean of some draws, and the nearest of them, are from what was recorded.
  func actionError(draws: Int) throws -> HeldOutReport.ActionError {
    var rows: [DrawnErrors] = []
    try windows.forEachBlock(of: block, threads: threads) {
      try model().decider(
        weights: checkpoint.weights, options: DeciderOptions(capacity: block))
    } room: {
      ($0.observations, $0.images)
    } job: { decider, places, chunks in
      var drawn: [[Float]] = []
      for draw in 0..<draws {
        let keys = places.map {
          DecisionKey(seed: seed, step: windows.indices[$0] * draws + draw)
        }
        drawn.append(keys.withUnsafeBufferPointer { Array(decider.decide($0)) })
      }
      return try (0..<places.count).map { try errors(ofRow: $0, drawn, chunks) }
    } deliver: { _, answers in
      rows += answers
    }
    let count = Double(rows.count)
    return .init(
      draws: draws, mean: means(rows.map(\.mean)), best: means(rows.map(\.best)),
      meanInActions: rows.reduce(0) { $0 + $1.meanInActions } / count,
      bestInActions: rows.reduce(0) { $0 + $1.bestInActions } / count)
  }

  /// How far the mean of a window's draws, and the nearest of them, are from the recorded chunk:
  /// of normalised values, and in the recording's units.
  private struct DrawnErrors: Sendable {
    let mean, best, meanInActions, bestInActions: Double
  }

  private func errors(ofRow row: Int, _ drawn: [[Float]], _ chunks: [Float]) throws -> DrawnErrors {
    let width = checkpoint.shape.chunkWidth
    let range = row * width..<(row + 1) * width
    let recorded = Array(chunks[range])
    let own = drawn.map { within(Array($0[range])) }
    let middle = (0..<width).map { j in
      own.reduce(Float(0)) { $0 + $1[j] } / Float(drawn.count)
    }
    let errors = own.map { distance($0, recorded) }
    let nearest = errors.indices.min { errors[$0] < errors[$1] } ?? 0
    return DrawnErrors(
      mean: distance(middle, recorded), best: errors[nearest],
      meanInActions: try actionDistance(middle, recorded),
      bestInActions: try actionDistance(own[nearest], recorded))
  }

  /// A chunk within where demonstrations are, as it is acted.
  private func within(_ chunk: [Float]) -> [Float] {
    chunk.enumerated().map { index, value in
      let reach = checkpoint.shape.reach(ofChunkValue: index)
      return min(max(value, reach.lowerBound), reach.upperBound)
    }
  }

  private func distance(_ a: [Float], _ b: [Float]) -> Double {
    (zip(a, b).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) } / Double(a.count))
      .squareRoot()
  }

  /// The distance in the recording's units, over all values of a chunk.
  private func actionDistance(_ a: [Float], _ b: [Float]) throws -> Double {
    let width = checkpoint.shape.actionWidth
    func values(_ chunk: [Float]) throws -> [Float] {
      try stride(from: 0, to: chunk.count, by: width).flatMap {
        try checkpoint.normalizer.denormalise(action: Array(chunk[$0..<$0 + width]))
      }
    }
    return distance(try values(a), try values(b))
  }
}
