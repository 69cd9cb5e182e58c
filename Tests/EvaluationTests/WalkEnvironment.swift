import EnvironmentInterface
import Imitation
import Naming
import Randomness

/// A point that walks along a line, from near 0 to either end at ±1: the smallest world in which
/// episodes differ in length, success and behaviour.
final class WalkEnvironment: KnownActionDistribution {
  static let limit = 40
  private(set) var x: Float = 0
  private var steps: Float = 0

  let description = EnvironmentDescription(
    name: "walk", options: [:],
    observations: [
      Space("state", [.init("x", from: -1, to: 1, unit: "m"), .init("zero", from: 0, to: 0)]),
      Space(image: "image", height: 1, width: 2),
    ],
    action: Space("action", [.init("dx", from: -0.1, to: 0.1, unit: "m")]), controlRate: 10,
    episodeLimit: WalkEnvironment.limit, subtasks: ["half", "end"])

  func reset(seed: UInt64) {
    var random = RandomStream(seed: seed, purpose: .environment)
    x = Float(random.uniform(from: -0.2, to: 0.2))
    steps = 0
  }

  func observation(_ name: String) throws -> ObservationValue {
    switch name {
    case "state": return .float32([x, 0])
    case "image": return .uint8([UInt8(100 + 100 * x), UInt8(steps), 0, 0, 0, 0])
    default:
      throw UnknownName(
        kind: "observation of walk", name: name, known: ["state", "image"])
    }
  }

  func step(_ action: [Float]) throws -> StepResult {
    x = max(-1, min(1, x + max(-0.1, min(0.1, action[0]))))
    steps += 1
    let isSuccess = abs(x) == 1
    let completed = (abs(x) >= 0.5 ? [0] : []) + (isSuccess ? [1] : [])
    return StepResult(
      reward: abs(x), completed: completed, isSuccess: isSuccess,
      isFinished: isSuccess || Int(steps) == WalkEnvironment.limit)
  }

  var state: [Float] { [x, steps] }

  func restore(_ state: [Float]) throws {
    x = state[0]
    steps = state[1]
  }

  var behaviour: [String: String] { ["side": x < 0 ? "left" : "right"] }

  var scene: Scene {
    Scene(
      from: .init(-1, -1), to: .init(1, 1), background: .init(1, 1, 1),
      shapes: [
        .init(.circle(center: .init(Double(x), 0), radius: 0.1), fill: .init(1, 0, 0))
      ])
  }

  // The demonstrator steps by ±0.1, three times as often to the right as to the left.
  let modeCount = 2

  func demonstratorActions(count: Int, seed: UInt64) -> [[Float]] {
    var random = RandomStream(seed: seed, purpose: .demonstrator)
    return (0..<count).map { _ in [random.uniform() < 0.75 ? 0.1 : -0.1] }
  }

  func mode(of action: [Float]) -> Int? {
    abs(abs(action[0]) - 0.1) < 0.01 ? (action[0] < 0 ? 0 : 1) : nil
  }

  var actionMetrics: [ActionMetric] {
    [
      .onMode(
        MetricDefinition("on_step", title: "Full", better: .up, decimals: 2, "share of full steps")),
      .modeCoverage(
        MetricDefinition(
          "step_coverage", title: "Ways", better: .up, decimals: 1, "share of the ways")),
    ]
  }
}

/// Walks to one side with a stumble now and then, or, one time in four, hardly at all.
final class WalkDemonstrator: Demonstrator {
  private var random = RandomStream(seed: 0, purpose: .demonstrator)
  private var direction: Float = 1

  func begin(seed: UInt64) {
    random = RandomStream(seed: seed, purpose: .demonstrator)
    direction = (random.uniform() < 0.5 ? -1 : 1) * (random.uniform() < 0.25 ? 0.1 : 1)
  }

  func action() -> [Float] { [direction * Float(random.uniform(from: 0.05, to: 0.1))] }

  var choices: [String: String] { ["direction": direction < 0 ? "left" : "right"] }
}

/// Plans three steps at a time from the last two observations and the decision's own randomness.
final class WalkAgent: Agent {
  let observationNames = ["state"]
  let observationHorizon = 2
  /// The greatest number of windows that shared a call.
  private(set) var largestBatch = 0

  func act(_ windows: [ObservationWindow], keys: [DecisionKey]) throws -> [[[Float]]] {
    largestBatch = max(largestBatch, windows.count)
    return zip(windows, keys).map { window, key in
      var random = RandomStream(seed: key.seed, purpose: .sampling, step: UInt32(key.step))
      var position: Float = 0
      var velocity: Float = 0
      if case .float32(let now)? = window.observations.last?["state"],
        case .float32(let before)? = window.observations.first?["state"]
      {
        position = now[0]
        velocity = now[0] - before[0]
      }
      return (0..<3).map { _ in
        [0.05 * Float(random.normal()) + 0.3 * velocity + 0.05 * position]
      }
    }
  }
}
