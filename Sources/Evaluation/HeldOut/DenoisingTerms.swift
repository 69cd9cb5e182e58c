import Diffusion
import Foundation
import Imitation
import Neural
import Randomness

/// The errors of a denoiser at every noise step and the terms of its bound, on recorded windows.
struct DenoisingTerms: Sendable {
  /// The choices of the reverse steps' variances.
  enum Variance: String, CaseIterable, Sendable {
    case small, large, learned
  }

  private let process: NoiseProcess
  private let prediction: PredictionType
  private let bound: VariationalBound
  private let counted: [Bool]
  private let clip: Double?
  private let seed: UInt64
  private let windows: [Int]
  /// Mean squared errors, t = 1 first: of the prediction over all values; of x̂_0 over those that
  /// change.
  private(set) var losses, cleanErrors: [Double]
  /// For each choice of variances the sum of all terms for each window.
  private(set) var totals: [Variance: [Double]] = [:]
  /// For each choice of variances its mean terms, t = 1 first.
  private(set) var terms: [Variance: [Double]] = [:]
  /// L_T for each window.
  private(set) var priors: [Double]

  /// Terms of which none is known yet.
  ///
  /// - Parameters:
  ///   - questions: The denoiser, compiled for any number of windows.
  ///   - counted: Which values of a chunk change.
  ///   - clip: The largest magnitude of x̂_0; nil for no clipping.
  ///   - seed: The key of the noise, which is a function of it, of noise step and window.
  ///   - windows: Which windows are asked about.
  init(
    _ questions: DenoisingQuestions, counted: [Bool], clip: Double?, seed: UInt64, windows: [Int]
  ) {
    process = questions.process
    prediction = questions.prediction
    self.counted = counted
    self.clip = clip
    self.seed = seed
    self.windows = windows
    bound = VariationalBound(process)
    losses = Array(repeating: 0, count: process.steps)
    cleanErrors = losses
    priors = Array(repeating: 0, count: windows.count)
    for variance in Variance.allCases where variance != .learned || questions.learnsVariance {
      totals[variance] = priors
      terms[variance] = losses
    }
  }

  /// Asks a denoiser about a block of windows, which it has been shown, at every noise step.
  ///
  /// - Parameters:
  ///   - questions: The denoiser.
  ///   - places: Which windows.
  ///   - chunks: What was recorded.
  /// - Returns: The sums over these windows.
  func answered(
    by questions: DenoisingQuestions, about places: Range<Int>, _ chunks: [Float]
  ) -> DenoisingTerms {
    var part = DenoisingTerms(
      questions, counted: counted, clip: clip, seed: seed, windows: Array(windows[places]))
    questions.observe(windows: places.count)
    for t in 1...process.steps { part.ask(questions, at: t, chunks) }
    part.addPriors(chunks)
    return part
  }

  /// Adds the sums of a block.
  mutating func add(_ part: DenoisingTerms, at places: Range<Int>) {
    for t in losses.indices {
      losses[t] += part.losses[t]
      cleanErrors[t] += part.cleanErrors[t]
      for (variance, terms) in part.terms { self.terms[variance]?[t] += terms[t] }
    }
    priors.replaceSubrange(places, with: part.priors)
    for (variance, totals) in part.totals {
      self.totals[variance]?.replaceSubrange(places, with: totals)
    }
  }

  /// Makes means of the sums, once all windows have been added.
  mutating func divide() {
    let count = Double(windows.count)
    for t in losses.indices {
      losses[t] /= count
      cleanErrors[t] /= count
      for variance in terms.keys { terms[variance]?[t] /= count }
    }
  }

  /// How many values change.
  private var values: Double { Double(counted.count { $0 }) }

  private mutating func addPriors(_ chunks: [Float]) {
    for row in priors.indices {
      for (j, counts) in counted.enumerated() where counts {
        priors[row] += bound.priorTerm(Double(chunks[row * counted.count + j])) / values
      }
    }
  }

  /// Adds one noise step of all windows.
  private mutating func ask(_ questions: DenoisingQuestions, at t: Int, _ clean: [Float]) {
    let width = counted.count
    var noise = [Float](repeating: 0, count: clean.count)
    noise.withUnsafeMutableBufferPointer { noise in
      for (row, window) in windows.enumerated() {
        fillNormals(
          UnsafeMutableBufferPointer(rebasing: noise[row * width..<(row + 1) * width]), seed: seed,
          purpose: .trainingNoise, step: UInt32(t), index: UInt32(window))
      }
    }
    let noisy = process.level(t).noisy(clean, noise)
    let answers = questions.answers(to: noisy, at: t)
    let target = process.target(prediction, at: t)
    let toClean = process.conversion(from: prediction, to: .sample, at: t)
    let range = VarianceRange(from: t, to: t - 1, in: process)
    for row in windows.indices {
      for (j, counts) in counted.enumerated() {
        let index = row * width + j
        let (x, z, predicted) = (
          Double(clean[index]), Double(noise[index]), Double(answers.prediction[index])
        )
        losses[t - 1] += pow(target(x, z) - predicted, 2) / Double(width)
        guard counts else { continue }
        var guess = toClean(Double(noisy[index]), predicted)
        if let clip { guess = min(max(guess, -clip), clip) }
        let error = (x - guess) * (x - guess)
        cleanErrors[t - 1] += error / values
        for variance in terms.keys {
          let logVariance =
            switch variance {
            case .small: log(range.small)
            case .large: log(range.large)
            case .learned:
              range.logLine.middle + range.logLine.slope * Double(answers.variance[index])
            }
          let term = bound.term(at: t, squaredError: error, logVariance: logVariance) / values
          totals[variance]?[row] += term
          terms[variance]?[t - 1] += term
        }
      }
    }
  }

  /// The mean terms where every noise step has the constant variance that is best for it.
  var bestConstantTerms: [Double] {
    cleanErrors.indices.map { index in
      let (posterior, share) = bound.bestVariance(at: index + 1)
      let error = cleanErrors[index]
      return bound.term(
        at: index + 1, squaredError: error, logVariance: log(posterior + share * error))
    }
  }
}
