import EnvironmentInterface
import Foundation
import PushT
import TestSupport
import Testing

@Suite struct `Push-T is the public one` {
  @Test func `coverage is the public environment's`() throws {
    let environment = PushTEnvironment()
    let cases = try PublicReference.load().coverage
    #expect(cases.count == 60)
    var found: [Double] = []
    for entry in cases {
      try environment.start(agent: [0, 0], block: entry.block)
      found.append(environment.coverage)
    }
    // Poses are kept in single precision: 3e-5 pixels, of which one is worth 2 per cent.
    expectClose(found, cases.map(\.coverage), absolute: 5e-6, "coverage")
    #expect(cases.contains { $0.coverage > 0.5 })
  }

  @Test func `public starts are the public evaluation's, seed for seed`() throws {
    var options = PushTEnvironment.Options()
    options.publicStarts = true
    let environment = PushTEnvironment(options: options)
    let starts = try PublicReference.load().initialStates
    #expect(starts.count == 50)
    for (index, start) in starts.enumerated() {
      for seed in [start.seed, UInt64(1_000_000 + index)] {
        environment.reset(seed: seed)
        expectClose(try environment.values("agent_pos"), start.agent, absolute: 1e-4, "\(seed)")
        expectClose(try environment.values("block_pose"), start.block, absolute: 1e-4, "\(seed)")
      }
    }
  }

  @Test func `strokes move the T as in the public environment's physics`() throws {
    let environment = PushTEnvironment()
    var farthest: Float = 0
    for (number, episode) in try PublicStrokes.load().episodes.enumerated() {
      let first = episode.states[0]
      try environment.start(agent: Array(first[..<2]), block: Array(first[2...]))
      for (step, action) in episode.actions.enumerated() {
        _ = try environment.step(action)
        let (expected, name) = (episode.states[step + 1], "stroke \(number), step \(step)")
        let pose = try environment.values("block_pose")
        expectClose(
          try environment.values("agent_pos"), Array(expected[..<2]), absolute: 2e-3, name)
        // Another solver: what it may differ by is a hundredth of the T's length.
        expectClose(Array(pose[..<2]), Array(expected[2..<4]), absolute: 1.2, name)
        let turn = (pose[2] - expected[4]).remainder(dividingBy: 2 * .pi)
        expectClose(turn, 0, absolute: 0.015, name)
        farthest = max(farthest, abs(expected[2] - first[2]), abs(expected[3] - first[3]))
      }
    }
    #expect(farthest > 80)
  }

  @Test func `the agent goes as it does in the human demonstrations`() throws {
    // The first steps of the first of Chi et al.'s recordings.
    let environment = PushTEnvironment()
    try environment.start(agent: [222, 97], block: [222.99382, 381.59903, 3.0079994])
    let actions: [[Float]] = [[233, 71], [229, 83], [229, 86], [230, 86]]
    let places: [[Float]] = [
      [225.2524, 89.31253], [227.59233, 84.53438], [228.42017, 84.27986], [229.04222, 84.9571],
    ]
    for (action, place) in zip(actions, places) {
      _ = try environment.step(action)
      expectClose(try environment.values("agent_pos"), place, absolute: 1e-3)
    }
  }

  @Test func `spaces have the public names, shapes and ranges`() throws {
    let description = PushTEnvironment().description
    #expect(
      description.observations.map(\.name) == ["agent_pos", "block_pose", "keypoints", "image"])
    #expect(description.observations.map(\.shape) == [[2], [3], [18], [96, 96, 3]])
    #expect(description.observations[1].components.map(\.isAngle) == [false, false, true])
    #expect(description.action.components.map(\.low) == [0, 0])
    #expect(description.action.components.map(\.high) == [512, 512])
    #expect(description.controlRate == 10 && description.episodeLimit == 300)
  }

  @Test func `keypoints turn with the T`() throws {
    let environment = PushTEnvironment()
    // From the human demonstrations: a pose and its keypoints would differ by their scatter of
    // 0.02.
    try environment.start(agent: [10, 10], block: [200, 300, .pi / 2])
    let points = try environment.values("keypoints")
    for (index, point) in TShape.keypoints.enumerated() {
      // A quarter turn from x towards y takes (x, y) to (−y, x).
      let expected = [200 - point.y, 300 + point.x]
      expectClose(Array(points[2 * index...2 * index + 1]), expected, absolute: 1e-3)
    }
  }
}
