internal import Randomness

/// Lloyd's iteration under way: every point to its nearest centre, every centre to the mean of its
/// points, until no point changes.
struct LloydIteration {
  let width: Int
  /// Clusters × width.
  private(set) var centres: [Float]
  /// The sum of squared distances to the nearest centres, as of the last assignment.
  private(set) var inertia = Double.infinity

  private let clusters: Int
  /// The nearest centre of each point, and the squared distances of the nearest two.
  private var nearest: [Int32] = []
  private var distances: [Float] = []
  private var secondDistances: [Float] = []
  private var counts: [Int]
  private var sums: [Double]

  init(width: Int, centres: [Float]) {
    self.width = width
    self.centres = centres
    clusters = centres.count / width
    counts = Array(repeating: 0, count: clusters)
    sums = Array(repeating: 0, count: centres.count)
  }

  /// Iterates until nothing changes or the limit is reached.
  mutating func run(over points: PointSet, limit: Int = KMeans.iterationLimit) {
    nearest = Array(repeating: -1, count: points.count)
    distances = Array(repeating: 0, count: points.count)
    secondDistances = distances
    for _ in 0..<limit {
      guard assign(points) else { return }
      move(points)
    }
    _ = assign(points)
  }

  /// Finds each point's nearest centre; returns whether any changed.
  private mutating func assign(_ points: PointSet) -> Bool {
    // Centres side by side by dimension, so that one pass compares a point with many.
    var byDimension = [Float](repeating: 0, count: centres.count)
    for cluster in 0..<clusters {
      for j in 0..<width {
        byDimension[j * clusters + cluster] = centres[cluster * width + j]
      }
    }
    var row = [Float](repeating: 0, count: clusters)
    var changed = false
    inertia = 0
    points.values.withUnsafeBufferPointer { values in
      byDimension.withUnsafeBufferPointer { centres in
        row.withUnsafeMutableBufferPointer { row in
          for point in 0..<points.count {
            let values = UnsafeBufferPointer(rebasing: values[point * width..<(point + 1) * width])
            let (found, second) = Self.nearestTwo(to: values, centres, row)
            if nearest[point] != Int32(found) {
              nearest[point] = Int32(found)
              changed = true
            }
            distances[point] = row[found]
            secondDistances[point] = second
          }
        }
      }
    }
    inertia = exactInertia(points)
    return changed
  }

  /// Writes the squared distances from all centres to `row`; returns the index of the smallest and
  /// the second smallest.
  private static func nearestTwo(
    to point: UnsafeBufferPointer<Float>, _ centres: UnsafeBufferPointer<Float>,
    _ row: UnsafeMutableBufferPointer<Float>
  ) -> (index: Int, second: Float) {
    let clusters = row.count
    for k in 0..<clusters { row[k] = 0 }
    for j in point.indices {
      let value = point[j]
      let start = j &* clusters
      for k in 0..<clusters {
        let difference = value - centres[start &+ k]
        row[k] += difference * difference
      }
    }
    var found = (index: 0, second: Float.infinity)
    for k in 1..<max(clusters, 1) {
      if row[k] < row[found.index] {
        found = (k, row[found.index])
      } else if row[k] < found.second {
        found.second = row[k]
      }
    }
    return found
  }

  /// The inertia of the present assignment in double precision.
  private func exactInertia(_ points: PointSet) -> Double {
    points.values.withUnsafeBufferPointer { values in
      centres.withUnsafeBufferPointer { centres in
        var sum = 0.0
        for point in 0..<points.count {
          let centre = Int(nearest[point]) * width
          for j in 0..<width {
            let difference = Double(values[point * width + j]) - Double(centres[centre + j])
            sum += difference * difference
          }
        }
        return sum
      }
    }
  }

  /// Moves each centre to the mean of its points, one without points to the worst served point.
  private mutating func move(_ points: PointSet) {
    for k in counts.indices { counts[k] = 0 }
    for k in sums.indices { sums[k] = 0 }
    for point in 0..<points.count {
      counts[Int(nearest[point])] += 1
      add(point, of: points, to: Int(nearest[point]), sign: 1)
    }
    for k in 0..<clusters where counts[k] == 0 {
      let candidates = (0..<points.count).filter { counts[Int(nearest[$0])] > 1 }
      guard let worst = candidates.max(by: { distances[$0] < distances[$1] }) else { continue }
      counts[Int(nearest[worst])] -= 1
      add(worst, of: points, to: Int(nearest[worst]), sign: -1)
      nearest[worst] = Int32(k)
      distances[worst] = 0
      counts[k] = 1
      add(worst, of: points, to: k, sign: 1)
    }
    for k in 0..<clusters where counts[k] > 0 {
      for j in 0..<width {
        centres[k * width + j] = Float(sums[k * width + j] / Double(counts[k]))
      }
    }
  }

  // MARK: Leaving a local minimum

  /// Moves centres that are hardly missed to where points are far from any, one at a time, as long
  /// as that lowers the inertia; gives up after `patience` moves in a row that did not.
  mutating func improve(
    over points: PointSet, patience: Int, _ stream: inout RandomStream
  ) {
    guard clusters > 1 else { return }
    var failures = 0
    while failures < patience {
      var trial = self
      trial.relocate(points, rank: failures % min(4, clusters), &stream)
      trial.run(over: points)
      if trial.inertia < inertia * (1 - 1e-9) {
        self = trial
        failures = 0
      } else {
        failures += 1
      }
    }
  }

  /// Moves the `rank`-th of the centres that are missed least to a point drawn with a probability
  /// proportional to its squared distance from its centre.
  private mutating func relocate(_ points: PointSet, rank: Int, _ stream: inout RandomStream) {
    var losses = [Double](repeating: 0, count: clusters)
    for point in 0..<points.count {
      losses[Int(nearest[point])] += Double(secondDistances[point]) - Double(distances[point])
    }
    let order = losses.indices.sorted { (losses[$0], $0) < (losses[$1], $1) }
    let place = PointSet.drawn(
      distances, share: stream.uniform() * distances.reduce(0.0) { $0 + Double($1) })
    for j in 0..<width {
      centres[order[rank] * width + j] = points.values[place * width + j]
    }
  }

  private mutating func add(_ point: Int, of points: PointSet, to cluster: Int, sign: Double) {
    for j in 0..<width {
      sums[cluster * width + j] += sign * Double(points.values[point * width + j])
    }
  }
}
