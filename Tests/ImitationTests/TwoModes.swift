import Demonstrations
import EnvironmentInterface
import Foundation
import Randomness

/// Recordings of one decision with two right answers, whose odds depend on what is seen.
enum TwoModes {
  /// The two actions: (−0.6, −0.6) and (0.6, 0.6), each give or take ``deviation`` a value.
  static let distance = 0.6
  static let deviation = 0.03

  static let environment = EnvironmentDescription(
    name: "two modes", options: [:],
    observations: [Space("position", [.init("x", from: -1, to: 1)])],
    action: Space("action", [.init("u", from: -1, to: 1), .init("v", from: -1, to: 1)]),
    controlRate: 10, episodeLimit: 10, subtasks: [])

  /// The probability of the upper mode at a position.
  static func upperWeight(at x: Float) -> Double { 0.5 + 0.4 * Double(x) }

  /// Writes 4000 decisions at random positions.
  static func write(to path: String) throws {
    let recorder = try DemonstrationRecorder(path: path, environment: environment)
    let length = 10
    for episode in 0..<400 {
      var stream = RandomStream(seed: 2, purpose: .demonstrator, index: UInt32(episode))
      var positions: [Float] = []
      var actions: [Float] = []
      for _ in 0..<length {
        let x = Float(stream.uniform(from: -1, to: 1))
        let middle = stream.uniform() < upperWeight(at: x) ? distance : -distance
        positions.append(x)
        actions += (0..<2).map { _ in Float(middle + deviation * stream.normal()) }
      }
      try recorder.append(
        Episode(
          actions: Series(shape: [2], elements: .float32(actions)),
          observations: ["position": Series(shape: [1], elements: .float32(positions))],
          rewards: Array(repeating: 0, count: length),
          dones: (0..<length).map { $0 == length - 1 }))
    }
    try recorder.close()
  }

  /// Which shares of some actions lie near each of the four corners (±0.6, ±0.6).
  struct Corners {
    /// Both values low or both high, as people do.
    let lower, upper: Double
    /// One low and one high, as nobody does.
    let mixed: Double
    /// The rest.
    let elsewhere: Double

    /// Shares of the actions within `radius` of each corner in each value.
    init(_ actions: [[Float]], radius: Double = 0.2) {
      let signs = actions.map { action in
        action.map { value in
          abs(abs(Double(value)) - TwoModes.distance) < radius ? (value < 0 ? -1 : 1) : 0
        }
      }
      func share(_ places: [[Int]]) -> Double {
        Double(signs.count { places.contains($0) }) / Double(actions.count)
      }
      lower = share([[-1, -1]])
      upper = share([[1, 1]])
      mixed = share([[-1, 1], [1, -1]])
      elsewhere = Double(signs.count { $0.contains(0) }) / Double(actions.count)
    }
  }

  /// Mean and standard deviation of a normal distribution whose draws are clipped to a range.
  static func clippedMoments(
    mean m: Double, deviation s: Double, low: Double, high: Double
  ) -> (mean: Double, deviation: Double) {
    func density(_ z: Double) -> Double { exp(-z * z / 2) / (2 * Double.pi).squareRoot() }
    func distribution(_ z: Double) -> Double { erfc(-z / 2.0.squareRoot()) / 2 }
    let (a, b) = ((low - m) / s, (high - m) / s)
    let (below, above) = (distribution(a), 1 - distribution(b))
    let inside = 1 - below - above
    let (atLow, atHigh) = (s * density(a), s * density(b))
    let mean = low * below + high * above + m * inside + atLow - atHigh
    let squares = low * low * below + high * high * above + (m * m + s * s) * inside
    let square = squares + (m + low) * atLow - (m + high) * atHigh
    return (mean, (square - mean * mean).squareRoot())
  }
}
