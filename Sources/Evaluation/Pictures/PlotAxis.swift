import Foundation

/// The range of one axis, which holds all values, and its round ticks.
package struct PlotAxis {
  package let ticks: [Double]
  private let decimals: Int

  private let low, high: Double
  private let isLogarithmic: Bool

  /// Makes the axis, with ticks at steps of 1, 2 or 5 times a power of ten.
  ///
  /// - Parameters:
  ///   - values: What must be seen; nil is returned where there is nothing.
  ///   - isTight: Whether the axis ends at the outermost values instead of at ticks.
  ///   - isLogarithmic: Whether equal distances are equal factors; not where a value is 0 or less.
  package init?(spanning values: [Double], isTight: Bool = false, isLogarithmic: Bool = false) {
    guard var low = values.min(), var high = values.max() else { return nil }
    if isLogarithmic, low > 0 {
      self.init(factorsFrom: low, to: high)
      return
    }
    if high - low <= 1e-12 * max(abs(low), abs(high), 1) {
      let margin = abs(low) > 0 ? abs(low) / 2 : 1
      (low, high) = (low - margin, high + margin)
    }
    let rough = (high - low) / 6
    let power = Foundation.pow(10, Foundation.log10(rough).rounded(.down))
    let step = ([1, 2, 5, 10].first { $0 * power >= rough } ?? 10) * power
    let first = isTight ? (low / step - 1e-9).rounded(.up) : (low / step + 1e-9).rounded(.down)
    let last = isTight ? (high / step + 1e-9).rounded(.down) : (high / step - 1e-9).rounded(.up)
    self.init(
      ticks: (0...Int(last - first)).map { (first + Double($0)) * step },
      from: isTight ? low : first * step, to: isTight ? high : last * step,
      decimals: max(0, -Int((Foundation.log10(step) + 1e-9).rounded(.down))))
  }

  /// Makes a logarithmic axis that ends at 1, 2 or 5 times a power of ten; of many such ticks the
  /// powers of ten alone.
  private init(factorsFrom low: Double, to high: Double) {
    let (least, greatest) = (low * (1 + 1e-9), high * (1 - 1e-9))
    let first = Int(Foundation.log10(low).rounded(.down))
    let last = Int(Foundation.log10(high).rounded(.up)) + 1
    let all = (first...max(first, last)).flatMap { power in
      [1, 2, 5].map { $0 * Foundation.pow(10, Double(power)) }
    }
    let start = all.last { $0 <= least } ?? low
    let end = all.first { $0 >= greatest && $0 > start } ?? high
    let inner = all.filter { $0 >= start && $0 <= end }
    let powers = all.enumerated().filter { $0.offset.isMultiple(of: 3) }.map(\.element)
    self.init(
      ticks: inner.count <= 8 ? inner : powers.filter { $0 >= start && $0 <= end },
      from: start, to: end, decimals: 0, isLogarithmic: true)
  }

  private init(
    ticks: [Double], from low: Double, to high: Double, decimals: Int, isLogarithmic: Bool = false
  ) {
    self.ticks = ticks
    self.low = low
    self.high = high
    self.decimals = decimals
    self.isLogarithmic = isLogarithmic
  }

  /// Where a value lies between the ends of the axis, 0…1.
  package func fraction(_ value: Double) -> Double {
    isLogarithmic
      ? Foundation.log10(value / low) / Foundation.log10(high / low) : (value - low) / (high - low)
  }

  /// A tick's label.
  package func text(_ tick: Double) -> String {
    if decimals > 6 || abs(tick) >= 1e7 { return String(format: "%.1e", tick) }
    if isLogarithmic { return String(format: "%g", tick) }
    return MetricSummary(mean: tick, standardError: nil).text(decimals: decimals)
  }
}
