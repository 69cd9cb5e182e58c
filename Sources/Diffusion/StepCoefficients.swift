import Foundation

/// One reverse step as numbers, so that a loop over floats is all that remains to be done.
///
/// Without clipping, x' = state·x + prediction·p + memory·m + noise·z, where p is the network's
/// prediction, m what an earlier step kept and z standard normal noise. With clipping to ±c, the
/// predicted clean sample is computed first: x̂_0 = clip(cleanState·x + cleanPrediction·p, −c, c),
/// and clean·x̂_0 is added. The state is kept as the network is shown it: x is c_in·x_t.
public struct StepCoefficients: Sendable, Hashable {
  /// The weight of x.
  public var state: Float
  /// The weight of the prediction.
  public var prediction: Float
  /// The weight of the noise: its standard deviation; 0 where none is needed.
  public var noise: Float
  /// The weight of the clipped x̂_0; 0 without clipping.
  public var clean: Float
  /// The weight of x in x̂_0.
  public var cleanState: Float
  /// The weight of the prediction in x̂_0.
  public var cleanPrediction: Float
  /// The largest magnitude of x̂_0; infinite without clipping.
  public var clip: Float
  /// The weight of the memory m.
  public var memory: Float = 0
  /// Whether the step replaces m by keptState·x + keptPrediction·p + keptClean·x̂_0.
  public var keeps = false
  /// The weight of x in what is kept.
  public var keptState: Float = 0
  /// The weight of the prediction in what is kept.
  public var keptPrediction: Float = 0
  /// The weight of the clipped x̂_0 in what is kept; 0 without clipping.
  public var keptClean: Float = 0
  /// Where the variance is learned: the noise's deviation is exp(middle + slope·r), r the network's
  /// answer; nil for ``noise``.
  public var learnedNoise: SIMD2<Float>?

  /// Takes a step's weights apart into those of x and of the network's prediction.
  ///
  /// - Parameters:
  ///   - step: The step.
  ///   - process: The forward process.
  ///   - prediction: What the network predicts.
  ///   - clip: The largest magnitude of x̂_0, or nil. Clipping does not change ε̂.
  ///   - after: What x' is multiplied by for the next question; nil for 1.
  public init(
    _ step: LinearStep, in process: NoiseProcess, prediction: PredictionType, clip: Double?,
    inputScale after: Double = 1
  ) {
    // A bound beyond all floats is none.
    let clip = clip.flatMap { Float($0).isFinite ? $0 : nil }
    let before = 1 / process.inputScale(step.noiseStep)
    let clean = process.conversion(from: prediction, to: .sample, at: step.noiseStep)
    let epsilon = process.conversion(from: prediction, to: .epsilon, at: step.noiseStep)
    var state = step.state + step.epsilon * epsilon.first
    var predicted = step.epsilon * epsilon.second
    if clip == nil {
      state += step.clean * clean.first
      predicted += step.clean * clean.second
    }
    self.state = Float(state * before * after)
    self.prediction = Float(predicted * after)
    noise = Float(step.noise * after)
    self.clean = clip == nil ? 0 : Float(step.clean * after)
    cleanState = Float(clean.first * before)
    cleanPrediction = Float(clean.second)
    self.clip = clip.map { Float($0) } ?? .infinity
    memory = Float(step.memory * after)
    if let kept = step.kept {
      keeps = true
      let free = clip == nil ? kept.clean : 0
      keptState = Float((kept.state + free * clean.first) * before)
      keptPrediction = Float(free * clean.second)
      keptClean = clip == nil ? 0 : Float(kept.clean)
    }
    learnedNoise = step.variances.map {
      SIMD2(Float($0.logLine.middle / 2 + log(after)), Float($0.logLine.slope / 2))
    }
  }

  /// Replaces x by x', and the memory where the step keeps something, without allocating.
  ///
  /// - Parameters:
  ///   - x: x on entry, x' on return; any shape.
  ///   - predicted: The network's prediction for x; as many elements.
  ///   - z: Standard normal noise, as many elements; not read where ``noise`` is 0.
  ///   - m: The memory, as many elements; not touched by a step without.
  ///   - r: The network's variances, as many elements; only read where they are learned.
  public func apply(
    to x: UnsafeMutableBufferPointer<Float>, prediction predicted: UnsafeBufferPointer<Float>,
    noise z: UnsafeBufferPointer<Float>,
    memory m: UnsafeMutableBufferPointer<Float> = .init(start: nil, count: 0),
    variance r: UnsafeBufferPointer<Float> = .init(start: nil, count: 0)
  ) {
    precondition(predicted.count == x.count, "prediction and state of unequal length")
    precondition(noise == 0 || z.count == x.count, "noise and state of unequal length")
    if usesMemory {
      remember(x, predicted, m)
    } else if clip.isFinite {
      for index in x.indices {
        let raw = cleanState * x[index] + cleanPrediction * predicted[index]
        x[index] = state * x[index] + prediction * predicted[index] + clean * limited(raw)
      }
    } else {
      for index in x.indices { x[index] = state * x[index] + prediction * predicted[index] }
    }
    if let learnedNoise {
      precondition(r.count == x.count, "variances and state of unequal length")
      for index in x.indices {
        x[index] += exp(learnedNoise[0] + learnedNoise[1] * r[index]) * z[index]
      }
    } else if noise != 0 {
      for index in x.indices { x[index] += noise * z[index] }
    }
  }

  /// Whether the step reads or writes the memory.
  public var usesMemory: Bool { keeps || memory != 0 }

  private func remember(
    _ x: UnsafeMutableBufferPointer<Float>, _ predicted: UnsafeBufferPointer<Float>,
    _ m: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(m.count == x.count, "memory and state of unequal length")
    for index in x.indices {
      let (old, p) = (x[index], predicted[index])
      let clean = limited(cleanState * old + cleanPrediction * p)
      x[index] = state * old + prediction * p + self.clean * clean + memory * m[index]
      if keeps { m[index] = keptState * old + keptPrediction * p + keptClean * clean }
    }
  }

  private func limited(_ raw: Float) -> Float {
    // This order of comparisons lets a NaN through, where it will be seen.
    min(max(raw, -clip), clip)
  }

  /// x' for a given x, prediction and noise of equal lengths, for a step without memory.
  public func callAsFunction(_ x: [Float], prediction: [Float], noise: [Float]) -> [Float] {
    var x = x
    x.withUnsafeMutableBufferPointer { x in
      prediction.withUnsafeBufferPointer { prediction in
        noise.withUnsafeBufferPointer { apply(to: x, prediction: prediction, noise: $0) }
      }
    }
    return x
  }
}
