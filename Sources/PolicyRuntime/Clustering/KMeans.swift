internal import Randomness

/// k-means clustering: centres that minimise the sum of squared distances from each point to the
/// nearest of them.
///
/// Several runs start from greedy k-means++ seeds and follow Lloyd's iteration; the best is kept,
/// and centres of it that are hardly missed move to where points are far from any, as long as that
/// helps. A cluster that loses all of its points moves to the point farthest from its centre. Of
/// more than ``sampleLimit`` points all this sees a sample drawn by the seed, and its result goes
/// on over all points. The outcome is a function of points, options and seed alone.
///
/// Source: Arthur & Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007; the
/// several candidates a seed are in its section 7.
public struct KMeans: Sendable, Hashable {
  /// The number of values of a point.
  public let width: Int
  /// Clusters × width.
  public let centres: [Float]
  /// The sum of squared distances from the points to their nearest centres.
  public let inertia: Double

  /// The largest number of points that every run sees.
  public static let sampleLimit = 10_000
  /// The largest number of Lloyd iterations of a run.
  public static let iterationLimit = 300
  /// How many moves of a centre in a row may fail before no more are tried.
  public static let patience = 32

  /// Takes centres that are known, without the points that they are from.
  init(centres: [Float], width: Int) {
    self.centres = centres
    self.width = width
    inertia = .nan
  }

  /// Clusters points.
  ///
  /// - Parameters:
  ///   - points: Points × width, row by row, finite.
  ///   - width: The number of values of a point, at least 1.
  ///   - clusters: How many centres; at least 1, at most the number of distinct points.
  ///   - restarts: How many runs, at least 1.
  ///   - seed: The key of the runs' random numbers.
  /// - Throws: ``ImitationError/optionOutOfRange(name:value:range:)`` for more clusters than
  ///   distinct points, or none.
  public init(
    _ points: [Float], width: Int, clusters: Int, restarts: Int = 10, seed: UInt64 = 0
  ) throws(ImitationError) {
    let all = PointSet(points, width: width)
    let sample = all.sample(Self.sampleLimit, seed: seed)
    var best = try Self.best(of: sample, clusters: clusters, restarts: restarts, seed: seed)
    if best == nil, sample.count < all.count {
      // A sample may miss rare points that all clusters together need.
      best = try Self.best(of: all, clusters: clusters, restarts: 1, seed: seed)
    }
    guard var best else {
      throw Self.tooMany(clusters, distinct: Set(all.rows).count)
    }
    if sample.count < all.count { best.run(over: all) }
    self.width = width
    centres = best.centres
    inertia = best.inertia
  }

  /// The best of several runs over some points; nil where those have fewer distinct ones.
  private static func best(
    of points: PointSet, clusters: Int, restarts: Int, seed: UInt64
  ) throws(ImitationError) -> LloydIteration? {
    guard clusters >= 1 else { throw tooMany(clusters, distinct: Set(points.rows).count) }
    var best: LloydIteration?
    for restart in 0..<max(restarts, 1) {
      var stream = RandomStream(
        seed: seed, purpose: .clustering, step: 1, index: UInt32(truncatingIfNeeded: restart))
      guard let seeds = points.spreadSeeds(clusters, &stream) else { return nil }
      var run = LloydIteration(width: points.width, centres: seeds)
      run.run(over: points)
      if run.inertia < best?.inertia ?? .infinity { best = run }
    }
    var stream = RandomStream(seed: seed, purpose: .clustering, step: 2)
    best?.improve(over: points, patience: patience, &stream)
    return best
  }

  private static func tooMany(_ clusters: Int, distinct: Int) -> ImitationError {
    .optionOutOfRange(
      name: "clusters", value: "\(clusters)",
      range: "1…\(distinct), the number of distinct action chunks in the demonstrations")
  }

  /// The number of centres.
  public var clusters: Int { centres.count / width }

  /// The index of the centre nearest to a point of `width` values, the first of equals.
  public func nearest(to point: [Float]) -> Int {
    point.withUnsafeBufferPointer { nearest(to: $0) }
  }

  /// For each of some points, row by row, the index of the nearest centre.
  public func nearest(toEach points: [Float]) -> [Int] {
    points.withUnsafeBufferPointer { points in
      stride(from: 0, to: points.count, by: width).map { start in
        nearest(to: UnsafeBufferPointer(rebasing: points[start..<start + width]))
      }
    }
  }

  private func nearest(to point: UnsafeBufferPointer<Float>) -> Int {
    centres.withUnsafeBufferPointer { centres in
      var nearest = (index: 0, distance: Float.infinity)
      for index in 0..<clusters {
        var distance: Float = 0
        for j in 0..<width {
          let difference = point[j] - centres[index * width + j]
          distance += difference * difference
        }
        if distance < nearest.distance { nearest = (index, distance) }
      }
      return nearest.index
    }
  }
}
