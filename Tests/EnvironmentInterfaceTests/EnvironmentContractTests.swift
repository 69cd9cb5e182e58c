import Claw
import EnvironmentInterface
import ExternalEnvironments
import Foundation
import Naming
import Push
import PushT
import Randomness
import TestSupport
import Testing

/// An environment and the options to test it with.
struct Contender: Sendable, CustomTestStringConvertible {
  var entry: EnvironmentEntry
  var options: [String: Double] = [:]

  var testDescription: String { "\(entry.name) \(options)" }

  func make() throws -> any Environment {
    try EnvironmentRegistry([entry]).make(entry.name, options: options)
  }

  /// An environment with its demonstrator, at the beginning of an episode.
  func begin(seed: UInt64) throws -> (any Environment, any Demonstrator) {
    let environment = try make()
    let demonstrator = try entry.makeDemonstrator(environment)
    environment.reset(seed: seed)
    demonstrator.begin(seed: seed)
    return (environment, demonstrator)
  }

  static let all =
    [
      Contender(entry: PushEnvironment.entry),
      Contender(entry: PushEnvironment.entry, options: ["spread": 0, "tolerance": 0.05]),
      Contender(entry: ClawEnvironment.entry),
      Contender(entry: ClawEnvironment.entry, options: ["drops": 0, "toys": 3, "shrink": 1]),
      Contender(entry: PushTEnvironment.entry),
    ] + served.map { Contender(entry: $0, options: ["image_size": 8]) }

  /// Worlds that the built program serves to this one, each thread's in a process of its own.
  private static let served = ["claw", "push"].compactMap { name in
    let products = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    let command = "\(products.path)/dpolicy simulate --environment \(name) --stdio"
    return try? OtherPrograms.entry("stdio:\(command)")
  }
}

/// What every environment promises; a new one is tested by being listed above.
@Suite struct `Every environment` {
  @Test func `in another process is among them`() {
    #expect(Contender.all.count { $0.entry.isExternal } == 2)
  }

  @Test(arguments: Contender.all)
  func `gives the same bytes for the same seed and others for another`(
    contender: Contender
  ) throws {
    func trajectory(seed: UInt64) throws -> [UInt32] {
      let (environment, demonstrator) = try contender.begin(seed: seed)
      var words = environment.state.map(\.bitPattern)
      for _ in 0..<environment.description.episodeLimit {
        let action = demonstrator.action()
        let result = try environment.step(action)
        words += (action + environment.state + [result.reward]).map(\.bitPattern)
        for space in environment.description.observations {
          switch try environment.observation(space.name) {
          case .float32(let values): words += values.map(\.bitPattern)
          case .float64(let values): words += values.map { Float($0).bitPattern }
          case .uint8(let bytes): words += bytes.map { UInt32($0) }
          }
        }
        if result.isFinished { break }
      }
      return words
    }
    for seed: UInt64 in [0, 1, 99, .max] {
      #expect(try trajectory(seed: seed) == trajectory(seed: seed))
    }
    #expect(try trajectory(seed: 1) != trajectory(seed: 2))
  }

  @Test(arguments: Contender.all)
  func `continues from a restored state as the original and any other copy do`(
    contender: Contender
  ) throws {
    let copies = [try contender.make(), try contender.make()]
    for seed: UInt64 in 0..<8 {
      let (environment, demonstrator) = try contender.begin(seed: seed)
      let middle = environment.description.controlRate > 0 ? 30 + 5 * Int(seed) : Int(seed) % 2
      for _ in 0..<min(middle, environment.description.episodeLimit - 1) {
        if try environment.step(demonstrator.action()).isFinished { break }
      }
      let saved = environment.state
      for copy in copies {
        copy.reset(seed: seed &+ 1000)
        try copy.restore(saved)
        #expect(copy.state == saved)
        #expect(copy.behaviour == environment.behaviour)
        #expect(copy.scene == environment.scene)
      }
      for _ in 0..<environment.description.episodeLimit {
        let action = demonstrator.action()
        let result = try environment.step(action)
        for copy in copies {
          #expect(try copy.step(action) == result)
          let same = copy.state.map(\.bitPattern) == environment.state.map(\.bitPattern)
          #expect(same, "seed \(seed)")
        }
        if result.isFinished { break }
      }
    }
  }

  @Test(arguments: Contender.all)
  func `keeps its values within the ranges that its spaces declare`(contender: Contender) throws {
    let environment = try contender.make()
    let action = environment.description.action
    #expect(environment.description.name == contender.entry.name)
    #expect(
      Set(environment.description.options.keys) == Set(contender.entry.options.map(\.name)))
    var checked = 0
    for seed: UInt64 in 0..<40 {
      environment.reset(seed: seed)
      var random = RandomStream(seed: seed, purpose: .sampling)
      var target = [Float](repeating: 0, count: action.count)
      for step in 0..<environment.description.episodeLimit {
        for space in environment.description.observations {
          guard case .float32(let values) = try environment.observation(space.name) else {
            #expect(space.elementType == .uint8 && space.components.isEmpty)
            continue
          }
          #expect(space.elementType == .float32)
          #expect(values.count == space.count)
          if let index = space.firstOutside(values) {
            Issue.record("\(space.components[index]) is \(values[index]) at step \(step)")
          }
          checked += values.count
        }
        // Long strokes across the whole field, so that everything is pushed about.
        if step % 10 == 0 {
          target = action.components.map {
            Float(random.uniform(from: Double($0.low), to: Double($0.high)))
          }
        }
        let result = try environment.step(target)
        #expect(result.completed.allSatisfy(environment.description.subtasks.indices.contains))
        try environment.restore(environment.state)
        if result.isFinished { break }
      }
    }
    #expect(checked > 1000)
  }

  @Test(arguments: Contender.all)
  func `refuses actions and states that cannot be, and stays as it was`(
    contender: Contender
  ) throws {
    let (environment, demonstrator) = try contender.begin(seed: 5)
    let before = environment.state
    let action = demonstrator.action()
    #expect(throws: EnvironmentError.self) { try environment.step([]) }
    #expect(throws: EnvironmentError.self) { try environment.step(action + [0]) }
    for bad: Float in [.nan, .infinity, -.infinity] {
      for index in action.indices {
        var wrong = action
        wrong[index] = bad
        let error = #expect(throws: EnvironmentError.self) { try environment.step(wrong) }
        #expect(error?.description.contains("index \(index)") == true)
      }
      for index in before.indices {
        var wrong = before
        wrong[index] = bad
        #expect(throws: EnvironmentError.self) { try environment.restore(wrong) }
      }
    }
    #expect(throws: EnvironmentError.self) { try environment.restore([]) }
    #expect(throws: EnvironmentError.self) { try environment.restore(before + [0]) }
    for index in before.indices {
      var wrong = before
      wrong[index] = 1e9
      #expect(throws: EnvironmentError.self, "value \(index)") { try environment.restore(wrong) }
    }
    let name = environment.description.observations[0].name
    let error = #expect(throws: UnknownName.self) {
      try environment.observation(String(name.dropLast()))
    }
    #expect(error?.description.contains("did you mean '\(name)'") == true)
    #expect(environment.state == before)
  }

  @Test(arguments: Contender.all)
  func `acts among others as it acts alone`(contender: Contender) throws {
    let pairs = try (0..<3).map { try contender.begin(seed: $0) }
    let twins = try (0..<3).map { try contender.begin(seed: $0).0 }
    for _ in 0..<12 {
      let actions = pairs.map { $0.1.action() }
      let results = try pairs.map { $0.0 }.step(actions)
      #expect(try results == zip(twins, actions).map { try $0.step($1) })
      #expect(pairs.map { $0.0.state } == twins.map(\.state))
      if results.contains(where: \.isFinished) { break }
    }
  }

  @Test(arguments: Contender.all)
  func `clamps an action that lies outside`(contender: Contender) throws {
    let (environment, _) = try contender.begin(seed: 3)
    let (other, _) = try contender.begin(seed: 3)
    _ = try environment.step(environment.description.action.components.map { $0.high * 50 })
    _ = try other.step(other.description.action.components.map(\.high))
    #expect(environment.state == other.state)
  }

  @Test(arguments: Contender.all)
  func `ends every episode by its limit`(contender: Contender) throws {
    let (environment, _) = try contender.begin(seed: 3)
    let corner = environment.description.action.components.map(\.low)
    for step in 1...environment.description.episodeLimit {
      let isLast = step == environment.description.episodeLimit
      #expect(try environment.step(corner).isFinished == isLast)
    }
  }

  @Test(arguments: Contender.all)
  func `is not mistaken for another by a demonstrator`(contender: Contender) throws {
    for other in Contender.all where other.entry.name != contender.entry.name {
      let environment = try other.make()
      #expect(throws: UnknownName.self) {
        try contender.entry.makeDemonstrator(environment)
      }
    }
  }

  @Test(arguments: Contender.all)
  func `draws shapes that can be seen, with a text round trip`(contender: Contender) throws {
    let (environment, demonstrator) = try contender.begin(seed: 2)
    for _ in 0..<3 {
      let scene = environment.scene
      #expect(scene.shapes.count > 3)
      #expect(scene.low.x < scene.high.x && scene.low.y < scene.high.y)
      for shape in scene.shapes { #expect(shape.fill != nil || shape.stroke != nil) }
      if try environment.step(demonstrator.action()).isFinished { break }
      #expect(environment.scene != scene)
    }
  }
}
