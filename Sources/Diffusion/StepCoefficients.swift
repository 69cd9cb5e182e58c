/// One reverse step x_t → x_s as numbers, so that a loop over floats is all that remains to be
/// done.
///
/// Without clipping, x_s = state·x_t + prediction·p + noise·z, where p is the network's prediction
/// and z standard normal noise. With clipping to ±c, the predicted clean sample is computed first:
/// x̂_0 = clip(cleanState·x_t + cleanPrediction·p, −c, c), and clean·x̂_0 is added.
public struct StepCoefficients: Sendable, Hashable {
  /// The weight of x_t.
  public var state: Float
  /// The weight of the prediction.
  public var prediction: Float
  /// The weight of the noise: its standard deviation; 0 where none is needed.
  public var noise: Float
  /// The weight of the clipped x̂_0; 0 without clipping.
  public var clean: Float
  /// The weight of x_t in x̂_0.
  public var cleanState: Float
  /// The weight of the prediction in x̂_0.
  public var cleanPrediction: Float
  /// The largest magnitude of x̂_0; infinite without clipping.
  public var clip: Float

  /// Creates the coefficients of x_s = first·x̂_0 + second·x_t + direction·ε̂ + noise·z.
  ///
  /// - Parameters:
  ///   - mean: The weights of x̂_0 and of x_t.
  ///   - direction: The weight of the predicted ε̂.
  ///   - noise: The standard deviation of the added noise.
  ///   - level: The noise level of x_t.
  ///   - type: What the network predicts.
  ///   - clip: The largest magnitude of x̂_0, or nil. Clipping does not change ε̂.
  init(
    mean: LinearCombination, direction: Double, noise: Double, level: NoiseLevel,
    type: PredictionType, clip: Double?
  ) {
    // A bound beyond all floats is none.
    let clip = clip.flatMap { Float($0).isFinite ? $0 : nil }
    let clean = level.conversion(from: type, to: .sample)
    let epsilon = level.conversion(from: type, to: .epsilon)
    var state = mean.second + direction * epsilon.first
    var prediction = direction * epsilon.second
    if clip == nil {
      state += mean.first * clean.first
      prediction += mean.first * clean.second
    }
    self.state = Float(state)
    self.prediction = Float(prediction)
    self.noise = Float(noise)
    self.clean = clip == nil ? 0 : Float(mean.first)
    cleanState = Float(clean.first)
    cleanPrediction = Float(clean.second)
    self.clip = clip.map { Float($0) } ?? .infinity
  }

  /// Replaces x_t by x_s in place, without allocating.
  ///
  /// - Parameters:
  ///   - x: x_t on entry, x_s on return; any shape.
  ///   - predicted: The network's prediction for x_t; as many elements.
  ///   - z: Standard normal noise, as many elements; not read where ``noise`` is 0.
  public func apply(
    to x: UnsafeMutableBufferPointer<Float>, prediction predicted: UnsafeBufferPointer<Float>,
    noise z: UnsafeBufferPointer<Float>
  ) {
    precondition(predicted.count == x.count, "prediction and state of unequal length")
    precondition(noise == 0 || z.count == x.count, "noise and state of unequal length")
    if clip.isFinite {
      for index in x.indices {
        let raw = cleanState * x[index] + cleanPrediction * predicted[index]
        // This order of comparisons lets a NaN through, where it will be seen.
        let limited = min(max(raw, -clip), clip)
        x[index] = state * x[index] + prediction * predicted[index] + clean * limited
      }
    } else {
      for index in x.indices { x[index] = state * x[index] + prediction * predicted[index] }
    }
    if noise != 0 {
      for index in x.indices { x[index] += noise * z[index] }
    }
  }

  /// x_s for a given x_t, prediction and noise of equal lengths.
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
