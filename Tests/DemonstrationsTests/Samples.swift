import Demonstrations
import EnvironmentInterface
import Randomness

/// Demonstrations made of random numbers, the same for a seed.
enum Samples {
  /// An environment with a flat observation that has an angle, and an image.
  static let environment = EnvironmentDescription(
    name: "arm", options: ["toys": 3, "friction": 0.5],
    observations: [
      Space(
        "state",
        [
          Space.Component("x", from: 0, to: 1, unit: "m"),
          Space.Component("angle", from: -.pi, to: .pi, unit: "rad", isAngle: true),
          Space.Component("speed", from: -.infinity, to: .infinity, unit: "m/s"),
        ]),
      Space(image: "camera", height: 4, width: 5),
    ],
    action: Space(
      "target", [Space.Component("x", from: 0, to: 1), Space.Component("y", from: 0, to: 1)]),
    controlRate: 10, episodeLimit: 100, subtasks: ["reach", "push"])

  /// An episode of `steps` steps.
  static func episode(seed: UInt64, steps: Int, image: Bool = true) -> Episode {
    var stream = RandomStream(seed: seed, purpose: .environment)
    func floats(_ count: Int) -> [Float] {
      (0..<count).map { _ in Float.random(in: -1...1, using: &stream) }
    }
    var observations = ["state": Series(shape: [3], elements: .float32(floats(3 * steps)))]
    if image {
      observations["camera"] = Series(
        shape: [4, 5, 3],
        elements: .uint8((0..<60 * steps).map { _ in UInt8.random(in: 0...255, using: &stream) }))
    }
    return Episode(
      actions: Series(shape: [2], elements: .float32(floats(2 * steps))),
      observations: observations, rewards: floats(steps), dones: (1...steps).map { $0 == steps },
      states: Series(shape: [7], elements: .float32(floats(7 * steps))),
      attributes: EpisodeAttributes(
        seed: .max - seed, success: seed.isMultiple(of: 2),
        behaviour: ["first_block": seed.isMultiple(of: 3) ? "red" : "blue"],
        choices: ["side": "left “quoted”"], completionSteps: [Int(seed), -1],
        recordedBy: "expert", recordedAt: "2026-01-02T03:04:05Z"))
  }
}
