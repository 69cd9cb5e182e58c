import EnvironmentInterface
import Foundation
import Push
import Randomness
import TestSupport
import Testing

/// Where things are in a state of push.
private enum Index {
  static let pusher = 0
  static let blocks = [2, 9]
  static let zones = [16, 18]
}

private func point(_ state: [Float], _ index: Int) -> SIMD2<Float> {
  SIMD2(state[index], state[index + 1])
}

private func distance(_ a: SIMD2<Float>, _ b: SIMD2<Float>) -> Float {
  ((a - b) * (a - b)).sum().squareRoot()
}

@Suite struct `The demonstrator of push` {
  @Test func `succeeds as it chose to, in every way there is`() throws {
    let environment = PushEnvironment()
    let demonstrator = PushDemonstrator(environment)
    var lengths: [Int] = []
    var ways: [[String: String]: Int] = [:]
    for seed: UInt64 in 0..<200 {
      environment.reset(seed: seed)
      demonstrator.begin(seed: seed)
      var completed: [Int] = []
      for step in 1...PushEnvironment.episodeLimit {
        let action = demonstrator.action()
        #expect(environment.description.action.firstOutside(action) == nil)
        let result = try environment.step(action)
        completed += result.completed
        guard result.isFinished else { continue }
        guard result.isSuccess else { break }
        lengths.append(step)
        var choices = demonstrator.choices
        choices["pace"] = nil
        #expect(environment.behaviour == choices, "seed \(seed)")
        #expect(completed == [0, 1])
        ways[choices, default: 0] += 1
        break
      }
    }
    // A push that was misjudged may end where the pusher cannot get behind the block any more.
    #expect(lengths.count >= 180)
    #expect(ways.count == 8)
    let median = lengths.sorted()[lengths.count / 2]
    #expect((60...150).contains(median))
  }

  @Test func `goes both ways round and to both zones from one and the same start`() throws {
    let environment = PushEnvironment()
    let demonstrator = PushDemonstrator(environment)
    var directions: Set<[Bool]> = []
    for seed: UInt64 in 0..<40 {
      environment.reset(seed: 11)
      demonstrator.begin(seed: seed)
      for _ in 0..<25 { _ = try environment.step(demonstrator.action()) }
      let state = environment.state
      let nearest = Index.blocks.min {
        distance(point(state, $0), point(state, 0)) < distance(point(state, $1), point(state, 0))
      }
      let block = point(state, try #require(nearest))
      directions.insert([block.y < 0, state[0] < block.x])
    }
    #expect(directions.count == 4)
  }

  @Test func `also succeeds with a small tolerance and without spread`() throws {
    for (tolerance, spread) in [(0.05, 1.0), (0.2, 1.0), (0.1, 0.0)] {
      var options = PushEnvironment.Options()
      options.tolerance = tolerance
      options.spread = spread
      let environment = PushEnvironment(options: options)
      let demonstrator = PushDemonstrator(environment)
      var successes = 0
      for seed: UInt64 in 0..<50 {
        environment.reset(seed: seed)
        demonstrator.begin(seed: seed)
        for _ in 0..<PushEnvironment.episodeLimit {
          let result = try environment.step(demonstrator.action())
          if result.isFinished {
            successes += result.isSuccess ? 1 : 0
            break
          }
        }
      }
      #expect(successes >= 40, "tolerance \(tolerance), spread \(spread)")
    }
  }
}

@Suite struct `The world of push` {
  @Test func `starts with everything apart and at rest`() throws {
    let environment = PushEnvironment()
    for seed: UInt64 in 0..<300 {
      environment.reset(seed: seed)
      let state = environment.state
      let blocks = Index.blocks.map { point(state, $0) }
      let pusher = point(state, Index.pusher)
      #expect(distance(blocks[0], blocks[1]) > 0.2 * Float(2).squareRoot())
      for block in blocks {
        #expect(distance(block, pusher) > 0.1 * Float(2).squareRoot() + 0.06)
        for zone in Index.zones { #expect(distance(block, point(state, zone)) > 0.25) }
      }
      // A pusher that stays where it is disturbs nothing.
      _ = try environment.step([state[0], state[1]])
      let after = environment.state
      for index in 0..<20 { #expect(after[index] == state[index], "value \(index)") }
      #expect(environment.behaviour["first_block"] == nil)
    }
  }

  @Test func `the pusher follows its target as a first-order lag, up to its top speed`() throws {
    let environment = PushEnvironment()
    environment.reset(seed: 0)
    var state = environment.state
    (state[0], state[1]) = (0, 0.8)
    try environment.restore(state)
    // Six substeps of v = 1.3 (target − x): the distance shrinks by 1 − 1.3/60 in each.
    _ = try environment.step([0.1, 0.8])
    let left = 0.1 * pow(1 - 1.3 / 60, 6)
    expectClose(0.1 - environment.state[0], left, absolute: 1e-5)
    try environment.restore(state)
    _ = try environment.step([-0.9, 0.8])
    expectClose(environment.state[0], -0.1, absolute: 1e-5)
  }

  @Test func `a block that is hit in the middle moves ahead of the pusher and stops`() throws {
    let environment = PushEnvironment()
    environment.reset(seed: 0)
    var state = environment.state
    (state[0], state[1]) = (-0.6, 0)
    (state[2], state[3], state[4]) = (-0.3, 0, 0)
    (state[9], state[10]) = (0, -0.7)
    try environment.restore(state)
    for _ in 0..<150 { _ = try environment.step([0, 0]) }
    let after = environment.state
    expectClose(after[0], 0, absolute: 0.01)
    // Half a block and the pusher's radius ahead, plus what it slides on after the last touch.
    #expect(after[2] > 0.15 && after[2] < 0.2)
    expectClose(after[3], 0, absolute: 1e-3)
    for index in [5, 6, 7] { expectClose(after[index], 0, absolute: 1e-4, "velocity") }
  }

  @Test func `sub-tasks are noted once, by the state of the blocks alone`() throws {
    var options = PushEnvironment.Options()
    options.tolerance = 0.15
    let environment = PushEnvironment(options: options)
    environment.reset(seed: 0)
    var state = environment.state
    (state[4], state[11]) = (0, 0)
    let stay = [state[0], state[1]]
    func place(_ block: Int, on zone: Int?) {
      let target = zone.map { point(state, Index.zones[$0]) } ?? SIMD2(0, -0.8 + 0.4 * Float(block))
      (state[Index.blocks[block]], state[Index.blocks[block] + 1]) = (target.x, target.y)
    }
    place(0, on: nil)
    place(1, on: 0)
    try environment.restore(state)
    var result = try environment.step(stay)
    #expect(result.completed == [0] && !result.isSuccess && result.reward == 0.5)
    #expect(environment.behaviour["first_block"] == "blue")
    #expect(environment.behaviour["first_zone"] == "left")
    result = try environment.step(stay)
    #expect(result.completed.isEmpty && result.reward == 0)
    state = environment.state
    place(0, on: 1)
    try environment.restore(state)
    result = try environment.step(stay)
    #expect(result.completed == [1] && result.isSuccess && result.isFinished)
    // Two blocks in the same zone are not enough.
    state[21] = -1
    state[22] = -1
    state[23] = 0
    place(0, on: 0)
    state[Index.blocks[0]] -= 0.11
    state[Index.blocks[1]] += 0.11
    try environment.restore(state)
    #expect(try environment.step(stay).completed == [0])
  }

  @Test func `runs 2,000 control steps a second on one core`() throws {
    let environment = PushEnvironment()
    let demonstrator = PushDemonstrator(environment)
    environment.reset(seed: 1)
    demonstrator.begin(seed: 1)
    let clock = ContinuousClock()
    let elapsed = try clock.measure {
      for _ in 0..<2000 { _ = try environment.step(demonstrator.action()) }
    }
    #expect(elapsed < .seconds(1))
  }
}

@Suite struct `The image of push` {
  @Test func `shows pusher, blocks and zones where they are`() throws {
    var options = PushEnvironment.Options()
    options.imageSize = 100
    let environment = PushEnvironment(options: options)
    environment.reset(seed: 4)
    guard case .uint8(let bytes) = try environment.observation("image") else {
      throw CocoaError(.coderInvalidValue)
    }
    #expect(bytes.count == 100 * 100 * 3)
    #expect(environment.description.observations[1].shape == [100, 100, 3])
    func pixel(_ place: SIMD2<Float>) -> [UInt8] {
      let start = (Int((1 - place.y) * 50) * 100 + Int((1 + place.x) * 50)) * 3
      return Array(bytes[start..<start + 3])
    }
    let state = environment.state
    #expect(pixel(point(state, Index.pusher)) == [255, 255, 255])
    #expect(pixel(point(state, Index.blocks[0])) == [255, 0, 0])
    #expect(pixel(point(state, Index.blocks[1])) == [0, 0, 255])
    for zone in Index.zones { #expect(pixel(point(state, zone)) == [0, 128, 0]) }
    #expect(pixel([0.95, 0.95]) == [0, 0, 0])
    // The zones' area; nothing stands on them yet.
    let green = stride(from: 0, to: bytes.count, by: 3).reduce(0.0) {
      bytes[$1] == 0 && bytes[$1 + 2] == 0 ? $0 + Double(bytes[$1 + 1]) / 128 : $0
    }
    expectClose(green * 0.02 * 0.02, 2 * Double.pi * 0.2 * 0.2, relative: 0.02, "area")
  }
}
