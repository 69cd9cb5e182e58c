import Foundation

/// Means over windows, where the windows of an episode stand and fall together.
struct WindowMeans {
  /// The episode of each window.
  let episodes: [Int]

  /// The mean and its standard error, by the sums of each episode's deviations.
  func callAsFunction(_ values: [Double]) -> HeldOutReport.Estimate {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    var sums: [Int: Double] = [:]
    for (episode, value) in zip(episodes, values) { sums[episode, default: 0] += value - mean }
    let groups = Double(sums.count)
    guard groups > 1, mean.isFinite else { return .init(mean: mean, standardError: nil) }
    // In order, so that the same windows give the same bits.
    let squares = sums.sorted { $0.key < $1.key }.reduce(0) { $0 + $1.value * $1.value }
    return .init(
      mean: mean, standardError: (squares * groups / (groups - 1)).squareRoot() / count)
  }
}
