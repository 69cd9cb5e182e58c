internal import Foundation
internal import Randomness

/// A normal kernel about a point of the cube [−1, 1]^n, cut off at its sides: what moves a chunk that
/// has to stay among the normalised actions.
///
/// Cutting off, unlike clamping, puts no mass on the sides themselves, and its density is the normal
/// one over the mass that the kernel has within the cube, which depends on the point alone.
struct BoundedKernel: Sendable {
  /// The standard deviation before the cut, in (0, 1].
  let deviation: Double

  /// Draws a place about a point.
  ///
  /// Half of a kernel or nearly so lies within, whatever the point: two draws a value at most, on
  /// average.
  ///
  /// - Parameters:
  ///   - place: Where the place goes.
  ///   - point: The point, within the cube.
  ///   - stream: The randomness.
  func draw(
    _ place: UnsafeMutableBufferPointer<Float>, about point: UnsafeBufferPointer<Float>,
    _ stream: inout RandomStream
  ) {
    for j in place.indices {
      repeat {
        place[j] = point[j] + Float(deviation * stream.normal())
      } while !(abs(place[j]) <= 1)
    }
  }

  /// The logarithm of the mass that the uncut kernel about a point has within the cube.
  func logMass(about point: UnsafeBufferPointer<Float>) -> Double {
    let scale = 1 / (deviation * 2.0.squareRoot())
    return point.reduce(0.0) { sum, x in
      sum + log((erf((1 - Double(x)) * scale) + erf((1 + Double(x)) * scale)) / 2)
    }
  }

  /// The logarithm of the density of the kernels about all points, each equally likely.
  ///
  /// - Parameters:
  ///   - place: The place, as many numbers as a point has.
  ///   - points: Points × width.
  ///   - logMasses: ``logMass(about:)`` of each point.
  ///   - workspace: Room for a number a point.
  /// - Returns: ln p, but for what depends on neither place nor points.
  func logDensity(
    at place: UnsafeBufferPointer<Float>, of points: UnsafeBufferPointer<Float>,
    logMasses: UnsafeBufferPointer<Double>, workspace: UnsafeMutableBufferPointer<Double>
  ) -> Double {
    let scale = -1 / (2 * deviation * deviation)
    var largest = -Double.infinity
    for i in logMasses.indices {
      var distance: Float = 0
      for j in place.indices {
        let difference = points[i * place.count + j] - place[j]
        distance += difference * difference
      }
      workspace[i] = Double(distance) * scale - logMasses[i]
      largest = max(largest, workspace[i])
    }
    var sum = 0.0
    for i in logMasses.indices { sum += exp(workspace[i] - largest) }
    return largest + log(sum)
  }
}
