public import Demonstrations
public import Imitation

/// Demonstrated chunks in the plane of their latents' two leading principal components.
public struct LatentMap: Sendable {
  /// For each window its place in the plane.
  public let places: [SIMD2<Float>]
  /// For each window the index of what its episode did in ``behaviours``.
  public let labels: [Int]
  /// What episodes did, in words such as `first_block=red, side=left`; the most frequent first.
  public let behaviours: [String]
  /// The parts of the latents' variance along the two axes, each in 0…1.
  public let shares: SIMD2<Double>

  private let mean: [Double]
  private let axes: [[Double]]

  /// What episodes did beyond this many ways is told together.
  public static let mostBehaviours = 8

  /// Encodes recordings and finds the plane.
  ///
  /// - Parameters:
  ///   - checkpoint: The policy.
  ///   - demonstrations: The recordings.
  ///   - limit: The largest number of windows, evenly spread.
  /// - Throws: As ``Encoding/init(_:of:atMost:episodes:threads:)``.
  public init(
    _ checkpoint: Checkpoint, of demonstrations: DemonstrationStore, atMost limit: Int = 1_500
  ) throws {
    let encoding = try Encoding(checkpoint, of: demonstrations, atMost: limit)
    var words: [Int: String] = [:]
    for episode in Set(encoding.origins.map(\.episode)).sorted() {
      words[episode] =
        try demonstrations.episode(episode, observations: []).attributes.behaviourWords
    }
    self.init(
      latents: encoding.latents, width: encoding.latentWidth,
      behaviours: encoding.origins.map { words[$0.episode] ?? "" })
  }

  /// Finds the plane of latents.
  ///
  /// - Parameters:
  ///   - latents: Windows × width.
  ///   - width: The numbers of a latent.
  ///   - behaviours: For each window what its episode did; empty for nothing known.
  public init(latents: [Float], width: Int, behaviours: [String]) {
    let rows = stride(from: 0, to: latents.count, by: width).map { start in
      latents[start..<start + width].map { Double($0) }
    }
    let count = Double(max(rows.count, 1))
    let mean = (0..<width).map { column in rows.reduce(0) { $0 + $1[column] } / count }
    var covariance = (0..<width).map { i in
      (0..<width).map { j in
        rows.reduce(0) { $0 + ($1[i] - mean[i]) * ($1[j] - mean[j]) } / count
      }
    }
    let total = covariance.indices.reduce(0) { $0 + covariance[$1][$1] }
    let first = Self.leading(&covariance), second = Self.leading(&covariance)
    shares = total > 0 ? SIMD2(first.value, second.value) / total : .zero
    self.mean = mean
    axes = [first.axis, second.axis]
    (self.behaviours, labels) = Self.labelled(behaviours)
    let axes = axes
    places = rows.map { Self.place(of: $0, mean, axes) }
  }

  /// Where a latent lies.
  public func place(of latent: [Float]) -> SIMD2<Float> {
    Self.place(of: latent.map { Double($0) }, mean, axes)
  }

  private static func place(
    of latent: [Double], _ mean: [Double], _ axes: [[Double]]
  ) -> SIMD2<Float> {
    func along(_ axis: [Double]) -> Float {
      Float(latent.indices.reduce(0) { $0 + (latent[$1] - mean[$1]) * axis[$1] })
    }
    return SIMD2(along(axes[0]), along(axes[1]))
  }

  /// The direction of most variance, which is taken out of the covariance, by power iteration.
  ///
  /// Its largest component is positive, so that the same latents give the same picture.
  private static func leading(
    _ covariance: inout [[Double]]
  ) -> (axis: [Double], value: Double) {
    let width = covariance.count
    let start = covariance.indices.max { covariance[$0][$0] < covariance[$1][$1] } ?? 0
    var axis = width > 0 ? covariance[start] : []
    for _ in 0..<200 {
      let length = axis.reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard length > 1e-12 else { return ([Double](repeating: 0, count: width), 0) }
      axis = axis.map { $0 / length }
      axis = covariance.map { row in zip(row, axis).reduce(0) { $0 + $1.0 * $1.1 } }
    }
    let value = axis.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard value > 1e-12 else { return ([Double](repeating: 0, count: width), 0) }
    let largest = axis.max { abs($0) < abs($1) } ?? 1
    axis = axis.map { $0 / (largest < 0 ? -value : value) }
    for i in 0..<width {
      for j in 0..<width { covariance[i][j] -= value * axis[i] * axis[j] }
    }
    return (axis, value)
  }

  /// The different words, the most frequent first, and which each window has.
  private static func labelled(_ words: [String]) -> (names: [String], labels: [Int]) {
    var counts: [String: Int] = [:]
    for word in words { counts[word, default: 0] += 1 }
    var names = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    if names.count > mostBehaviours {
      names = names.prefix(mostBehaviours - 1) + ["others"]
    }
    let index = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    return (names, words.map { index[$0] ?? names.count - 1 })
  }
}
