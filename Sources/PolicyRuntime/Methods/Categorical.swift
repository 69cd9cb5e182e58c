internal import Foundation
internal import Randomness

/// Draws from the softmax of logits.
enum Categorical {
  /// An index with probability e^logit / Σ e^logit; allocates nothing.
  static func draw(
    _ logits: UnsafeBufferPointer<Float>, _ stream: inout RandomStream
  ) -> Int {
    var largest = -Float.infinity
    for logit in logits { largest = max(largest, logit) }
    var total = 0.0
    for logit in logits { total += Double(expf(logit - largest)) }
    let share = stream.uniform() * total
    var sum = 0.0
    for (index, logit) in logits.enumerated() {
      sum += Double(expf(logit - largest))
      if sum > share { return index }
    }
    return max(logits.count - 1, 0)
  }
}

extension DecisionKey {
  /// The random numbers of a decision that is drawn at once.
  var stream: RandomStream {
    RandomStream(seed: seed, purpose: .sampling, step: UInt32(truncatingIfNeeded: step))
  }
}
