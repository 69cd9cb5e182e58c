internal import Foundation
internal import Randomness

/// Points to cluster, row by row.
struct PointSet {
  let width: Int
  let count: Int
  /// Points × width.
  let values: [Float]

  init(_ values: [Float], width: Int) {
    self.width = max(width, 1)
    count = values.count / self.width
    self.values = values
  }

  /// The points one by one.
  var rows: some Sequence<ArraySlice<Float>> {
    (0..<count).lazy.map { values[$0 * width..<($0 + 1) * width] }
  }

  /// At most `limit` of the points, drawn by a seed without repetition.
  func sample(_ limit: Int, seed: UInt64) -> PointSet {
    guard count > limit else { return self }
    let order = KeyedPermutation(count: count, seed: seed, purpose: .clustering, epoch: 0)
    let chosen = (0..<limit).flatMap { place in
      let row = order[place]
      return values[row * width..<(row + 1) * width]
    }
    return PointSet(chosen, width: width)
  }

  /// Seeds by greedy k-means++: each is the best of a few points drawn with probabilities
  /// proportional to their squared distance from the seeds so far.
  ///
  /// - Returns: Clusters × width; nil where there are fewer distinct points.
  func spreadSeeds(_ clusters: Int, _ stream: inout RandomStream) -> [Float]? {
    guard count > 0, clusters <= count else { return nil }
    let candidates = 2 + Int(log(Double(clusters)))
    var seeds: [Float] = []
    var nearest = [Float](repeating: .infinity, count: count)
    var trial = nearest
    var best = nearest
    add(stream.integer(below: count), to: &nearest, &seeds)
    while seeds.count < clusters * width {
      let total = nearest.reduce(0.0) { $0 + Double($1) }
      guard total > 0 else { return nil }
      var bestTotal = Double.infinity
      var chosen = 0
      for _ in 0..<candidates {
        let point = Self.drawn(nearest, share: stream.uniform() * total)
        let reduced = distances(from: point, noMoreThan: nearest, into: &trial)
        if reduced < bestTotal {
          (bestTotal, chosen) = (reduced, point)
          swap(&best, &trial)
        }
      }
      swap(&nearest, &best)
      seeds += values[chosen * width..<(chosen + 1) * width]
    }
    return seeds
  }

  private func add(_ point: Int, to nearest: inout [Float], _ seeds: inout [Float]) {
    var distances = nearest
    _ = self.distances(from: point, noMoreThan: nearest, into: &distances)
    nearest = distances
    seeds += values[point * width..<(point + 1) * width]
  }

  /// The index at which the running sum of weights passes a share of it; its weight is positive.
  static func drawn(_ weights: [Float], share: Double) -> Int {
    var sum = 0.0
    var last = 0
    for (index, weight) in weights.enumerated() where weight > 0 {
      sum += Double(weight)
      last = index
      if sum > share { break }
    }
    return last
  }

  /// Writes each point's squared distance from one of them, or its present one if that is smaller;
  /// returns their sum.
  private func distances(
    from point: Int, noMoreThan present: [Float], into result: inout [Float]
  ) -> Double {
    values.withUnsafeBufferPointer { values in
      present.withUnsafeBufferPointer { present in
        result.withUnsafeMutableBufferPointer { result in
          var sum = 0.0
          for row in 0..<count {
            var distance: Float = 0
            for j in 0..<width {
              let difference = values[row * width + j] - values[point * width + j]
              distance += difference * difference
            }
            result[row] = min(distance, present[row])
            sum += Double(result[row])
          }
          return sum
        }
      }
    }
  }
}
