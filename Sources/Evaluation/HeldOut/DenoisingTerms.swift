import Diffusion
import Foundation
import Imitation
import Neural
import Randomness

/// The errors of a denoiser at every noise step and the terms of its bound, on recorded windows.
struct DenoisingTerms {
  /// The choices of the reverse steps' variances.
  enum Variance: String, CaseIterable {
    case small, large, learned
  }

  private let questions: DenoisingQuestions
  private let bound: VariationalBound
  private let counted: [Bool]
  private let clip: Double?
  /// Mean squared errors, t = 1 first: of the prediction over all values; of x̂_0 over those that
  /// change.
  private(set) var losses, cleanErrors: [Double]
  /// For each choice of variances the sum of all terms for each window.
  private(set) var totals: [Variance: [Double]] = [:]
  /// For each choice of variances its mean terms, t = 1 first.
  private(set) var terms: [Variance: [Double]] = [:]
  /// L_T for each window.
  private(set) var priors: [Double]

  /// Asks the denoiser about every window at every noise step, with noise that is a function of
  /// seed, noise step and window.
  ///
  /// - Parameters:
  ///   - questions: The denoiser.
  ///   - windows: The windows.
  ///   - counted: Which values of a chunk change.
  ///   - clip: The largest magnitude of x̂_0; nil for no clipping.
  ///   - seed: The key of the noise.
  init(
    _ questions: DenoisingQuestions, _ windows: HeldOutWindows, counted: [Bool], clip: Double?,
    seed: UInt64
  ) {
    self.questions = questions
    self.counted = counted
    self.clip = clip
    let steps = questions.process.steps
    bound = VariationalBound(questions.process)
    losses = Array(repeating: 0, count: steps)
    cleanErrors = losses
    priors = Array(repeating: 0, count: windows.indices.count)
    for variance in Variance.allCases where variance != .learned || questions.learnsVariance {
      totals[variance] = priors
      terms[variance] = losses
    }
    windows.forEachBlock(
      of: questions.capacity, observations: questions.observations, images: questions.images
    ) { places, chunks in
      questions.observe(windows: places.count)
      for t in 1...steps { ask(at: t, places, chunks, windows, seed: seed) }
      addPriors(places, chunks)
    }
    let count = Double(windows.indices.count)
    for t in 0..<steps {
      losses[t] /= count
      cleanErrors[t] /= count
      for variance in terms.keys { terms[variance]?[t] /= count }
    }
  }

  /// How many values change.
  private var values: Double { Double(counted.count { $0 }) }

  private mutating func addPriors(_ places: Range<Int>, _ chunks: [Float]) {
    for (row, place) in places.enumerated() {
      for (j, counts) in counted.enumerated() where counts {
        priors[place] += bound.priorTerm(Double(chunks[row * counted.count + j])) / values
      }
    }
  }

  /// Adds one noise step of some windows.
  private mutating func ask(
    at t: Int, _ places: Range<Int>, _ clean: [Float], _ windows: HeldOutWindows, seed: UInt64
  ) {
    let width = counted.count
    let process = questions.process
    var noise = [Float](repeating: 0, count: clean.count)
    noise.withUnsafeMutableBufferPointer { noise in
      for (row, place) in places.enumerated() {
        fillNormals(
          UnsafeMutableBufferPointer(rebasing: noise[row * width..<(row + 1) * width]), seed: seed,
          purpose: .trainingNoise, step: UInt32(t), index: UInt32(windows.indices[place]))
      }
    }
    let noisy = process.level(t).noisy(clean, noise)
    let answers = questions.answers(to: noisy, at: t)
    let target = process.target(questions.prediction, at: t)
    let toClean = process.conversion(from: questions.prediction, to: .sample, at: t)
    let range = VarianceRange(from: t, to: t - 1, in: process)
    for (row, place) in places.enumerated() {
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
          totals[variance]?[place] += term
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
