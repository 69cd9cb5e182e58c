import Demonstrations
import Foundation
import TestSupport

/// Recordings of poses: x, y, an angle in radians and a unit quaternion, followed half a step late.
enum PoseDemonstrations {
  /// The number of values of a pose.
  static let width = 7

  /// The pose seen at a step.
  static func values(step: Int) -> [Double] { pose(Double(step)) }

  private static func pose(_ time: Double) -> [Double] {
    let half = 0.15 * time
    return [
      sin(time), cos(0.7 * time), remainder(0.9 * time, 2 * .pi),
      0.6 * sin(half), 0.8 * sin(half), 0, cos(half),
    ]
  }

  /// Writes 4 episodes of 12 steps.
  static func write(to path: String) throws {
    try HDF5File.create(path) { root in
      let data = try root.createGroup("data")
      for episode in 0..<4 {
        let times = (0..<12).map { Double(episode * 3 + $0) }
        let demo = try data.createGroup("demo_\(episode)")
        try demo.write("actions", dimensions: [12, width], times.flatMap { pose($0 + 0.5) })
        try demo.createGroup("obs").write(
          "pose", dimensions: [12, width], times.flatMap { pose($0) })
      }
    }
  }
}
