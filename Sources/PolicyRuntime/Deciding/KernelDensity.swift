public import Diffusion
internal import Foundation

/// A Gaussian kernel density estimate: the mean of normal densities N(point, h² I) about given
/// points.
///
/// Diffusion-KDE draws several candidates for one observation and acts the one of highest density
/// among them.
///
/// Source: Pearce et al., "Imitating human behaviour with diffusion models", ICLR 2023, section
/// 4.3.
public struct KernelDensity: Sendable, Hashable {
  /// The kernel's standard deviation h, in the points' units.
  public let bandwidth: Double

  /// Creates an estimator.
  ///
  /// - Throws: ``/Diffusion/DiffusionError`` for a bandwidth that is not at least 1e-6.
  public init(bandwidth: Double) throws(DiffusionError) {
    try DiffusionError.check("bandwidth", bandwidth, from: 1e-6)
    self.bandwidth = bandwidth
  }

  /// The logarithms of the normalised density at some queries.
  ///
  /// - Parameters:
  ///   - queries: Queries × width, row by row.
  ///   - points: Points × width.
  ///   - width: The number of dimensions, at least 1.
  /// - Returns: ln p of each query, p being a density over the points' space; −∞ without points.
  public func logDensities(at queries: [Float], of points: [Float], width: Int) -> [Double] {
    let count = points.count / width
    let normalisation = logNormalisation(count: count, width: width)
    var exponents = [Double](repeating: 0, count: count)
    return points.withUnsafeBufferPointer { points in
      queries.withUnsafeBufferPointer { queries in
        exponents.withUnsafeMutableBufferPointer { exponents in
          stride(from: 0, to: queries.count, by: width).map { start in
            let query = UnsafeBufferPointer(rebasing: queries[start..<start + width])
            write(exponents, of: points, about: query)
            return Self.logSum(UnsafeBufferPointer(exponents)) + normalisation
          }
        }
      }
    }
  }

  /// The logarithm of the normalised density at one query; allocates nothing.
  ///
  /// - Parameters:
  ///   - query: The query; as many numbers as a point has, at least 1.
  ///   - points: Points × width.
  ///   - workspace: Room for a number a point.
  /// - Returns: ln p, as of ``logDensities(at:of:width:)``; −∞ without points.
  public func logDensity(
    at query: UnsafeBufferPointer<Float>, of points: UnsafeBufferPointer<Float>,
    workspace: UnsafeMutableBufferPointer<Double>
  ) -> Double {
    let count = points.count / query.count
    let exponents = UnsafeMutableBufferPointer(rebasing: workspace[..<count])
    write(exponents, of: points, about: query)
    return Self.logSum(UnsafeBufferPointer(exponents))
      + logNormalisation(count: count, width: query.count)
  }

  /// The point at which the density of all of them is highest; allocates nothing.
  ///
  /// A point's own kernel adds the same to each and is left out, so that points farther apart than
  /// the bandwidth still differ.
  ///
  /// - Parameters:
  ///   - points: Points × width.
  ///   - width: The number of dimensions, at least 1.
  ///   - workspace: Room for a number a point.
  /// - Returns: The index of the point, the first of equals.
  public func densestPoint(
    of points: UnsafeBufferPointer<Float>, width: Int,
    workspace: UnsafeMutableBufferPointer<Double>
  ) -> Int {
    let count = points.count / width
    precondition(workspace.count >= count, "the workspace holds fewer numbers than points")
    let exponents = UnsafeMutableBufferPointer(rebasing: workspace[..<count])
    var densest = (index: 0, logDensity: -Double.infinity)
    for index in 0..<count {
      let point = UnsafeBufferPointer(rebasing: points[index * width..<(index + 1) * width])
      write(exponents, of: points, about: point)
      exponents[index] = -.infinity
      let logDensity = Self.logSum(UnsafeBufferPointer(exponents))
      if logDensity > densest.logDensity { densest = (index, logDensity) }
    }
    return densest.index
  }

  /// Writes −‖point − query‖² / 2h² for each point.
  private func write(
    _ exponents: UnsafeMutableBufferPointer<Double>, of points: UnsafeBufferPointer<Float>,
    about query: UnsafeBufferPointer<Float>
  ) {
    let scale = -1 / (2 * bandwidth * bandwidth)
    for index in exponents.indices {
      let start = index * query.count
      var squares = 0.0
      for j in query.indices {
        let difference = Double(points[start + j]) - Double(query[j])
        squares += difference * difference
      }
      exponents[index] = scale * squares
    }
  }

  /// What makes the kernels' sum a density, ln 1 / (count · (√(2π) h)^width); 0 without points,
  /// whose sum is −∞ whatever is added.
  private func logNormalisation(count: Int, width: Int) -> Double {
    count == 0
      ? 0 : -log(Double(count)) - Double(width) * (log(bandwidth) + log(2 * Double.pi) / 2)
  }

  /// ln Σ e^x without overflow or underflow of the largest.
  private static func logSum(_ exponents: UnsafeBufferPointer<Double>) -> Double {
    var largest = -Double.infinity
    for exponent in exponents { largest = max(largest, exponent) }
    guard largest.isFinite else { return largest }
    var sum = 0.0
    for exponent in exponents { sum += exp(exponent - largest) }
    return largest + log(sum)
  }
}
