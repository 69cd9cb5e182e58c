import Foundation

extension RandomStream {
  /// A uniform number in [0, 1): a multiple of 2⁻⁵³.
  public mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// A uniform number in (0, 1], safe to take the logarithm of: a multiple of 2⁻⁵³.
  public mutating func positiveUniform() -> Double {
    Double((next() >> 11) + 1) * 0x1p-53
  }

  /// A uniform number between two bounds: in [low, high) up to rounding.
  public mutating func uniform(from low: Double, to high: Double) -> Double {
    low + (high - low) * uniform()
  }

  /// A draw from the standard normal distribution N(0, 1).
  ///
  /// Draws come in pairs (Box and Muller 1958: radius √(−2 ln u), angle 2πv); the second of a pair
  /// is kept for the next call.
  public mutating func normal() -> Double {
    if let spare = spareNormal {
      spareNormal = nil
      return spare
    }
    let radius = (-2 * log(positiveUniform())).squareRoot()
    let angle = 2 * Double.pi * uniform()
    spareNormal = radius * sin(angle)
    return radius * cos(angle)
  }

  /// Fills a buffer with draws from N(0, 1) in single precision, without allocating.
  ///
  /// Each block of the generator makes four numbers, half of what ``normal()`` costs; the numbers
  /// are others than those that ``normal()`` would return. They lie within ±6.8.
  public mutating func fillNormal(_ values: UnsafeMutableBufferPointer<Float>) {
    var index = 0
    while index < values.count {
      // In (0, 1]: the largest word rounds up to exactly 2³².
      let u = (Float(nextWord()) + 0.5) * 0x1p-32
      let angle = 2 * Float.pi * (Float(nextWord()) * 0x1p-32)
      let radius = (-2 * logf(u)).squareRoot()
      values[index] = radius * cosf(angle)
      if index + 1 < values.count { values[index + 1] = radius * sinf(angle) }
      index += 2
    }
  }

  /// Fills an array with draws from N(0, 1) in single precision.
  public mutating func fillNormal(_ values: inout [Float]) {
    values.withUnsafeMutableBufferPointer { fillNormal($0) }
  }

  /// An integer in 0 ..< bound, each equally likely.
  ///
  /// Source: Lemire, "Fast random integer generation in an interval", ACM TOMACS 2019.
  ///
  /// - Parameter bound: The number of outcomes, at least 1.
  /// - Returns: The integer.
  public mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0, "RandomStream.integer(below:) needs a positive bound, got \(bound)")
    let range = UInt64(bound)
    var product = next().multipliedFullWidth(by: range)
    if product.low < range {
      // The 2⁶⁴ mod range smallest fractions would favour some outcomes: draw again for those.
      let threshold = (0 &- range) % range
      while product.low < threshold { product = next().multipliedFullWidth(by: range) }
    }
    return Int(product.high)
  }
}
