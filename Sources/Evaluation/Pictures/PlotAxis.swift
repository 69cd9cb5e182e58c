import Foundation

/// The range of one axis, which holds all values, and its round ticks.
package struct PlotAxis {
  package let ticks: [Double]
  private let decimals: Int

  private let low, high: Double

  /// Makes the axis, with ticks at steps of 1, 2 or 5 times a power of ten.
  ///
  /// - Parameters:
  ///   - values: What must be seen; nil is returned where there is nothing.
  ///   - isTight: Whether the axis ends at the outermost values instead of at ticks.
  package init?(spanning values: [Double], isTight: Bool = false) {
    guard var low = values.min(), var high = values.max() else { return nil }
    if high - low <= 1e-12 * max(abs(low), abs(high), 1) {
      let margin = abs(low) > 0 ? abs(low) / 2 : 1
      (low, high) = (low - margin, high + margin)
    }
    let rough = (high - low) / 6
    let power = Foundation.pow(10, Foundation.log10(rough).rounded(.down))
    let step = ([1, 2, 5, 10].first { $0 * power >= rough } ?? 10) * power
    let first = isTight ? (low / step - 1e-9).rounded(.up) : (low / step + 1e-9).rounded(.down)
    let last = isTight ? (high / step + 1e-9).rounded(.down) : (high / step - 1e-9).rounded(.up)
    ticks = (0...Int(last - first)).map { (first + Double($0)) * step }
    self.low = isTight ? low : first * step
    self.high = isTight ? high : last * step
    decimals = max(0, -Int((Foundation.log10(step) + 1e-9).rounded(.down)))
  }

  /// Where a value lies between the ends of the axis, 0…1.
  package func fraction(_ value: Double) -> Double {
    (value - low) / (high - low)
  }

  /// A tick's label.
  package func text(_ tick: Double) -> String {
    if decimals > 6 || abs(tick) >= 1e7 { return String(format: "%.1e", tick) }
    return MetricSummary(mean: tick, standardError: nil).text(decimals: decimals)
  }
}
