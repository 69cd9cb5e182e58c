import Demonstrations
import EnvironmentInterface
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

  /// How many of some actions lie near each of the four corners (±0.6, ±0.6).
  struct Corners {
    /// Both values low or both high, as people do.
    var lower = 0.0
    var upper = 0.0
    /// One low and one high, as nobody does.
    var mixed = 0.0
    /// The rest.
    var elsewhere = 0.0

    /// Shares of the actions within `radius` of each corner in each value.
    init(_ actions: [[Float]], radius: Double = 0.2) {
      for action in actions {
        let signs = action.map { value in
          abs(abs(Double(value)) - TwoModes.distance) < radius ? (value < 0 ? -1 : 1) : 0
        }
        let share = 1 / Double(actions.count)
        switch (signs[0], signs[1]) {
        case (-1, -1): lower += share
        case (1, 1): upper += share
        case (-1, 1), (1, -1): mixed += share
        default: elsewhere += share
        }
      }
    }
  }
}
