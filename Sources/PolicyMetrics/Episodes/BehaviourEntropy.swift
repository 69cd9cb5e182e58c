import Foundation

/// How many of the ways to do a task are used, and how evenly.
///
/// The behaviours of all *successful* episodes are pooled; with p their frequencies,
/// H = −Σ p log p / log(M), where M is the number of different behaviours in the reference
/// (the successful demonstrations). 1 means as even as M ways can be; more than M ways can exceed
/// it. Episodes that failed are left out; no success at all gives 0.
///
/// Source: Jia et al., "Towards diverse behaviors: a benchmark for imitation learning with human
/// demonstrations" (D3IL), ICLR 2024, of whose two conventions this is the pooled one.
public enum BehaviourEntropy {
  /// The normalised entropy.
  ///
  /// - Parameters:
  ///   - behaviours: What each successful episode did, in discrete words.
  ///   - modeCount: The number of different behaviours in the reference.
  /// - Returns: The entropy, or nil where the reference has fewer than two behaviours, so that
  ///   there is nothing to choose.
  public static func normalised(
    _ behaviours: [[String: String]], modeCount: Int
  ) -> Double? {
    guard modeCount >= 2 else { return nil }
    var counts: [[String: String]: Int] = [:]
    for behaviour in behaviours { counts[behaviour, default: 0] += 1 }
    // Summed in order of size, so that the result does not depend on the dictionary's.
    let entropy = counts.values.sorted().reduce(0.0) { sum, count in
      let p = Double(count) / Double(behaviours.count)
      return sum - p * log(p)
    }
    return entropy / log(Double(modeCount))
  }
}
