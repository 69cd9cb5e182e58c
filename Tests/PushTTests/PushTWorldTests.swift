import EnvironmentInterface
import Foundation
import Naming
import PushT
import Randomness
import TestSupport
import Testing

@Suite struct `The world of push-t` {
  @Test func `the agent follows the control law wherever it goes`() throws {
    let environment = PushTEnvironment()
    try environment.start(agent: [50, 60], block: [400, 380, 0])
    var random = RandomStream(seed: 4, purpose: .sampling)
    var (place, velocity) = (SIMD2(50.0, 60), SIMD2<Double>.zero)
    for step in 0..<60 {
      // Away from the T.
      let target = SIMD2(random.uniform(from: 0, to: 300), random.uniform(from: 0, to: 300))
      let action = [Float(target.x), Float(target.y)]
      _ = try environment.step(action)
      for _ in 0..<10 {
        let goal = SIMD2(Double(action[0]), Double(action[1]))
        velocity += (100 * (goal - place) - 20 * velocity) * 0.01
        place += velocity * 0.01
      }
      let found = try environment.values("agent_pos")
      expectClose(found, [place.x, place.y], absolute: 2e-3, "step \(step)")
    }
  }

  @Test func `the T stays to the last bit where the agent left it`() throws {
    let environment = PushTEnvironment()
    try environment.start(agent: [150, 250], block: [256, 200, 0])
    for _ in 0..<6 { _ = try environment.step([250, 250]) }
    let pushed = try environment.values("block_pose")
    #expect(pushed[0] > 258)
    for _ in 0..<3 { _ = try environment.step([100, 250]) }
    let left = try environment.values("block_pose")
    for _ in 0..<20 {
      _ = try environment.step([100, 400])
      #expect(try environment.values("block_pose") == left)
    }
  }

  @Test func `a T that was pressed into a wall comes back to its face`() throws {
    let environment = PushTEnvironment()
    // The stem points at the right wall, whose face is at 504; the foot is 120 from the origin.
    try environment.start(agent: [230, 256], block: [256, 256, 1.5 * .pi])
    for step in 0..<30 { _ = try environment.step([230 + Float(min(step, 24)) * 6, 256]) }
    for _ in 0..<10 { _ = try environment.step([230, 256]) }
    let pose = try environment.values("block_pose")
    // Nothing rubs, so that the least rounding lets the T slip aside a little.
    expectClose(pose, [384, 256, 1.5 * .pi], absolute: 3)
    #expect(abs(pose[0] - 384) < 0.6, "\(pose)")
  }

  @Test func `success is a coverage above 0.95, once`() throws {
    let environment = PushTEnvironment()
    try environment.start(agent: [20, 20], block: [256, 256, .pi / 4])
    #expect(environment.coverage > 1 - 1e-6)
    var result = try environment.step([20, 20])
    #expect(result == StepResult(reward: 1, completed: [0], isSuccess: true, isFinished: true))
    result = try environment.step([20, 20])
    #expect(result.completed.isEmpty && result.isSuccess)
    // Moved along the stem by d, the bar leaves 120 d uncovered, and the foot is where it was not.
    let d: Float = 4
    let offset = d * Float(0.5).squareRoot()
    try environment.start(agent: [20, 20], block: [256 - offset, 256 + offset, .pi / 4])
    result = try environment.step([20, 20])
    #expect(!result.isSuccess && !result.isFinished && result.completed.isEmpty)
    let coverage = 1 - 120 * Double(d) / 6300
    expectClose(environment.coverage, coverage, absolute: 1e-5)
    expectClose(result.reward, coverage / 0.95, absolute: 1e-5)
  }

  @Test func `random starts are the public environment's distribution`() throws {
    let environment = PushTEnvironment()
    var angles = [Int](repeating: 0, count: 8)
    var sums = [Double](repeating: 0, count: 4)
    let count = 2000
    for seed in 0..<UInt64(count) {
      environment.reset(seed: seed)
      let (agent, pose) = try (environment.values("agent_pos"), environment.values("block_pose"))
      // The T turns about its centre of gravity, 45 below its origin before it is turned.
      let center = [pose[0] - 45 * sin(pose[2]), pose[1] + 45 * cos(pose[2]) - 45]
      #expect(agent.allSatisfy { $0 >= 50 && $0 < 450 })
      // Whole pixels in 100…399, but for a settling step where it stands against agent or wall.
      #expect(center.allSatisfy { $0 > 85 && $0 < 415 }, "seed \(seed): \(center)")
      angles[min(7, Int(pose[2] / (.pi / 4)))] += 1
      for (index, value) in (agent + center).enumerated() { sums[index] += Double(value) }
    }
    // Standard errors: 115/√2000 = 2.6 and 87/√2000 = 1.9.
    expectClose(
      sums.map { $0 / Double(count) }, [249.5, 249.5, 249.5, 249.5], absolute: 10, "means")
    // A normal angle of one turn's deviation, wrapped, is uniform: 250 each, deviation 15.
    #expect(angles.allSatisfy { (190...310).contains($0) }, "\(angles)")
  }

  @Test func `behaviour names the face that was pushed and the way it turned`() throws {
    let environment = PushTEnvironment()
    try environment.start(agent: [180, 330], block: [256, 200, 0])
    #expect(environment.behaviour.isEmpty)
    for _ in 0..<5 { _ = try environment.step([260, 310]) }
    // Pushed at the left of the stem, below the centre of gravity: the foot goes right.
    #expect(
      environment.behaviour == ["first_face": "left side", "turned": "counterclockwise"])
  }

  @Test func `a start without an observation, or outside the workspace, is refused`() throws {
    let environment = PushTEnvironment()
    let before = environment.state
    let missing = #expect(throws: UnknownName.self) {
      try environment.start(from: ["agent_pos": .float32([1, 2])])
    }
    #expect(missing?.description.contains("block_pose") == true)
    #expect(throws: EnvironmentError.self) {
      try environment.start(agent: [1, 2, 3], block: [1, 2, 3])
    }
    #expect(throws: EnvironmentError.self) {
      try environment.start(agent: [1, 600], block: [1, 2, 3])
    }
    #expect(environment.state == before)
  }

  @Test func `runs 10,000 control steps a second on one core`() throws {
    let environment = PushTEnvironment()
    try environment.start(agent: [180, 330], block: [256, 200, 0])
    let elapsed = try ContinuousClock().measure {
      for step in 0..<5000 {
        _ = try environment.step([step % 40 < 20 ? 300 : 180, 330])
      }
    }
    #expect(elapsed < .seconds(1))
  }
}
