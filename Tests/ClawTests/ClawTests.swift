import Claw
import EnvironmentInterface
import Foundation
import TestSupport
import Testing

/// Where things are in a state of the claw machine.
private func slot(_ index: Int) -> Int { 4 + 5 * index }

/// A state with the given toys and nothing else done.
private func state(_ toys: [(kind: ToyKind, x: Float, y: Float, angle: Float)]) -> [Float] {
  var state: [Float] = [0, 0, 0, 0]
  for toy in toys { state += [Float(toy.kind.rawValue), 0, toy.x, toy.y, toy.angle] }
  for _ in toys.count..<4 { state += [-1, 0, 0, 0, 0] }
  return state
}

private func machine(drops: Int = 0) throws -> ClawEnvironment {
  var options = ClawOptions()
  options.drops = drops
  return try ClawEnvironment(options: options)
}

@Suite struct `The demonstrator of the claw` {
  @Test func `nearly always delivers the toy that it chose`() throws {
    let environment = try machine(drops: 1)
    let demonstrator = ClawDemonstrator(environment)
    var successes = 0
    for seed: UInt64 in 0..<500 {
      environment.reset(seed: seed)
      demonstrator.begin(seed: seed)
      let result = try environment.step(demonstrator.action())
      #expect(result.isFinished)
      guard result.isSuccess else { continue }
      successes += 1
      #expect(environment.behaviour["first_toy"] == demonstrator.choices["toys"])
      #expect(
        result.completed.map { ToyKind(rawValue: $0)?.name } == [demonstrator.choices["toys"]])
    }
    #expect(successes >= 475)
  }

  @Test func `clears the field in two more drops than toys`() throws {
    let environment = try machine()
    let demonstrator = ClawDemonstrator(environment)
    var successes = 0
    for seed: UInt64 in 0..<100 {
      environment.reset(seed: seed)
      demonstrator.begin(seed: seed)
      for _ in 0..<environment.description.episodeLimit {
        let result = try environment.step(demonstrator.action())
        guard result.isFinished else { continue }
        successes += result.isSuccess ? 1 : 0
        if result.isSuccess { #expect(environment.modeCount == 0) }
        break
      }
    }
    #expect(successes >= 97)
  }
}

@Suite struct `A drop` {
  @Test(arguments: ToyKind.allCases)
  func `on a toy's middle delivers it`(kind: ToyKind) throws {
    let environment = try machine()
    for angle: Float in [0, 0.7, 1.9, -2.6] {
      try environment.restore(state([(kind, 0.3, -0.2, angle)]))
      let result = try environment.step([0.3, -0.2])
      #expect(result.completed == [kind.rawValue] && result.isSuccess && result.reward == 1)
      #expect(environment.modeCount == 0)
      #expect(environment.behaviour == ["first_toy": kind.name, "order": kind.name])
      // Nothing is left to be seen, and five of six drops.
      let width = try #require(environment.description.observations.first).count
      let seen = try environment.observation("state")
      #expect(seen == .float32(Array(repeating: 0, count: width - 1) + [5]))
    }
  }

  @Test func `on empty floor moves nothing: what was drawn rests`() throws {
    let environment = try machine()
    var checked = 0
    for seed: UInt64 in 0..<200 {
      environment.reset(seed: seed)
      let before = environment.state
      let toys = (0..<4).filter { before[slot($0)] >= 0 }
      let spot = [[-0.7, -0.7], [0.7, -0.7], [-0.7, 0.7], [0.7, 0.7], [0, 0]].first { spot in
        toys.allSatisfy {
          hypot(Double(before[slot($0) + 2]) - spot[0], Double(before[slot($0) + 3]) - spot[1])
            > 0.6
        }
      }
      guard let spot else { continue }
      let result = try environment.step(spot.map(Float.init))
      #expect(result.completed.isEmpty && !result.isSuccess)
      #expect(Array(environment.state.dropFirst(4)) == Array(before.dropFirst(4)), "seed \(seed)")
      checked += 1
    }
    #expect(checked > 20)
  }

  @Test func `pushes away what a prong lands on, and leaves it where that took it`() throws {
    let environment = try machine()
    // The upper prong comes down 0.21 above the point: on the lower half of the ball.
    try environment.restore(state([(.ball, 0, 0.3, 0)]))
    let result = try environment.step([0, 0])
    #expect(result.completed.isEmpty)
    let moved = environment.state[slot(0) + 3] - 0.3
    #expect(moved > 0.03 && moved < 0.15)
    expectClose(environment.state[slot(0) + 2], 0, absolute: 1e-3)
    #expect(environment.state[3] == 1)
  }

  @Test func `on a snake's end lifts it and loses it on the way to the chute`() throws {
    let environment = try machine()
    var slips = 0
    for turn in 0..<24 {
      let angle = Float(turn) * 0.26 - 3
      try environment.restore(state([(.ball, -0.5, -0.5, 0), (.snake, 0.3, 0.4, angle)]))
      let index = slot(1)
      let end: Float = turn.isMultiple(of: 2) ? 0.27 : -0.26
      _ = try environment.step([0.3 + end * cosf(angle), 0.4 + end * sinf(angle)])
      guard environment.state[3] == 2 else { continue }
      slips += 1
      // Nearer to the chute at the lower left, still on the field, and still there to be had.
      #expect(environment.state[index + 2] < 0.2 && environment.state[index + 3] < 0.3)
      #expect(environment.modeCount == 2)
      let again = try environment.step([environment.state[index + 2], environment.state[index + 3]])
      #expect(again.completed == [ToyKind.snake.rawValue])
    }
    #expect(slips >= 3)
  }

  @Test func `ends a single-drop episode, whatever came of it`() throws {
    let environment = try machine(drops: 1)
    try environment.restore(state([(.ball, 0.5, 0.5, 0), (.box, -0.5, 0.5, 0)]))
    let miss = try environment.step([0, -0.7])
    #expect(miss.isFinished && !miss.isSuccess)
    try environment.restore(state([(.ball, 0.5, 0.5, 0), (.box, -0.5, 0.5, 0)]))
    let hit = try environment.step([0.5, 0.5])
    #expect(hit.isFinished && hit.isSuccess && environment.modeCount == 1)
  }
}

@Suite struct `The field of the claw` {
  @Test func `begins with one to four toys of different kinds, apart and inside`() throws {
    let environment = try machine()
    var counts: [Int: Int] = [:]
    var kinds: [Float: Int] = [:]
    for seed: UInt64 in 0..<800 {
      environment.reset(seed: seed)
      let state = environment.state
      let toys = (0..<4).map(slot).filter { state[$0] >= 0 }
      counts[toys.count, default: 0] += 1
      #expect(environment.modeCount == toys.count)
      for (position, toy) in toys.enumerated() {
        kinds[state[toy], default: 0] += 1
        let kind = try #require(ToyKind(rawValue: Int(state[toy])))
        let radius = kind.silhouette.boundingRadius
        #expect(max(abs(state[toy + 2]), abs(state[toy + 3])) + radius < 1)
        for other in toys.dropFirst(position + 1) {
          let neighbour = try #require(ToyKind(rawValue: Int(state[other])))
          #expect(neighbour != kind)
          let gap =
            hypot(state[toy + 2] - state[other + 2], state[toy + 3] - state[other + 3]) - radius
            - neighbour.silhouette.boundingRadius
          #expect(gap > 0.03)
        }
      }
    }
    // 800 fields: 200 of each count, 500 toys of each kind on average; 6 standard deviations.
    for count in 1...4 { #expect(abs(counts[count, default: 0] - 200) < 75) }
    for kind in ToyKind.allCases {
      #expect(abs(kinds[Float(kind.rawValue), default: 0] - 500) < 85)
    }
  }

  @Test func `draws as few and as many toys as it is told`() throws {
    var options = ClawOptions()
    options.minimumToys = 2
    options.toys = 3
    let environment = try ClawEnvironment(options: options)
    var seen: Set<Int> = []
    for seed: UInt64 in 0..<50 {
      environment.reset(seed: seed)
      seen.insert(environment.modeCount)
    }
    #expect(seen == [2, 3])
    #expect(environment.description.observations.first?.count == 3 * 9 + 1)
  }
}

@Suite struct `The image of the claw` {
  private func image(_ environment: ClawEnvironment) throws -> [UInt8] {
    guard case .uint8(let bytes) = try environment.observation("image") else {
      throw CocoaError(.coderInvalidValue)
    }
    return bytes
  }

  @Test func `shows each toy where it is, in its colour and size`() throws {
    var options = ClawOptions()
    options.imageSize = 64
    let environment = try ClawEnvironment(options: options)
    try environment.restore(
      state([
        (.ball, 0.5, 0.25, 0), (.box, -0.5, 0.5, 0.6), (.bear, 0, -0.5, 1), (.snake, -0.5, -0.3, 2),
      ]))
    let bytes = try image(environment)
    #expect(bytes.count == 64 * 64 * 3)
    // Column and row of the ball's centre: x from the left, y from the top.
    let place = (Int((1 - 0.25) * 32) * 64 + Int((1 + 0.5) * 32)) * 3
    #expect(Array(bytes[place..<place + 3]) == [255, 51, 51])
    #expect(Array(bytes[0..<3]) == [0, 0, 0])
    // Every toy has its own share of red; together they cover their silhouettes.
    let pixel = (2.0 / 64) * (2.0 / 64)
    let red = stride(from: 0, to: bytes.count, by: 3).reduce(0.0) { $0 + Double(bytes[$1]) / 255 }
    let expected = zip(ToyKind.allCases, [1, 0.25, 1, 0.2]).reduce(0.0) {
      $0 + $1.0.silhouette.area * $1.1
    }
    expectClose(red * pixel, expected, relative: 0.03, "area")
  }

  @Test func `has the size that the options say and forgets what people look at`() throws {
    let environment = try machine()
    environment.reset(seed: 3)
    let before = try image(environment)
    #expect(before.count == 32 * 32 * 3)
    #expect(environment.description.observations.map(\.name) == ["state", "image"])
    #expect(environment.description.observations[1].shape == [32, 32, 3])
    // A drop far from every toy leaves a mark for people alone.
    let saved = environment.state
    let corner = try #require(
      [[-0.95, -0.95], [0.95, -0.95], [0.95, 0.95], [-0.95, 0.95]].first {
        environment.mode(of: $0.map { Float($0) }) == nil
      })
    _ = try environment.step(corner.map { Float($0) })
    if Array(environment.state.dropFirst(4)) == Array(saved.dropFirst(4)) {
      #expect(try image(environment) == before)
    }
    var options = ClawOptions()
    options.imageSize = 7
    #expect(message { _ = try ClawEnvironment(options: options) }.contains("'image_size' is 7.0"))
  }
}
