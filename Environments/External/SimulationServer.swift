public import EnvironmentInterface
import Foundation
import Naming

/// Serves environments to another process over the protocol of this target's page.
public final class SimulationServer {
  private let registry: EnvironmentRegistry
  private let program: String
  private let defaults: [String: Double]
  private var worlds: [Int: World] = [:]
  private var made = 0

  /// What one client has of one world.
  struct World {
    let entry: EnvironmentEntry
    let environment: any Environment
    var demonstrator: (any Demonstrator)?
  }

  /// Creates a server.
  ///
  /// - Parameters:
  ///   - registry: What can be asked for.
  ///   - options: Options that hold unless the client says otherwise.
  ///   - program: What the client is told is answering, such as `dpolicy 0.2.0`.
  public init(_ registry: EnvironmentRegistry, options: [String: Double] = [:], program: String) {
    self.registry = registry
    self.program = program
    defaults = options
  }

  /// Answers until the other side closes the input.
  ///
  /// - Parameters:
  ///   - input: A file descriptor to read from.
  ///   - output: A file descriptor to write to.
  /// - Throws: `EnvironmentError` for what is no message.
  public func run(input: Int32, output: Int32) throws {
    let channel = FrameChannel(input: input, output: output, isSocket: false)
    do {
      while let message = try channel.receive(
        Request.self, arrays: { $0.arrays ?? [] }, deadline: nil)
      {
        var answer = Message(header: Reply(to: message.header.id))
        do {
          try fill(&answer, for: message)
          if !answer.arrays.isEmpty { answer.header.arrays = answer.arrays.map(\.heading) }
        } catch {
          answer = Message(header: Reply(to: message.header.id))
          answer.header.error = String(describing: error)
        }
        try channel.send(answer.header, answer.arrays)
      }
    } catch ChannelEnd.garbled(let what) {
      throw EnvironmentError.lost(reason: "the other side sent \(what)")
    } catch is ChannelEnd {
      throw EnvironmentError.lost(reason: "the other side has ended within a message")
    }
  }

  // MARK: Calls

  private static let calls: [String: @Sendable (SimulationServer) -> Answering] = [
    "hello": { $0.hello }, "make": { $0.make }, "reset": { $0.reset }, "observe": { $0.observe },
    "step": { $0.step }, "restore": { $0.restore }, "start": { $0.start },
    "behaviour": { $0.behaviour }, "scene": { $0.scene }, "picture": { $0.picture },
    "begin": { $0.begin }, "demonstrate": { $0.demonstrate }, "close": { $0.close },
  ]

  private typealias Answering = (inout Reply.Answer, Call) throws -> Void

  private func fill(_ answer: inout Reply.Answer, for message: Call) throws {
    let name = message.header.call
    guard let call = Self.calls[name] else {
      throw UnknownName(kind: "call", name: name, known: Self.calls.keys.sorted())
    }
    try call(self)(&answer, message)
  }

  private func hello(_ answer: inout Reply.Answer, _ message: Call) throws {
    answer.header.version = OtherPrograms.version
    answer.header.program = program
    answer.header.environments = registry.entries.map {
      Reply.Listing(name: $0.name, summary: $0.summary, options: $0.options)
    }
  }

  private func make(_ answer: inout Reply.Answer, _ message: Call) throws {
    let entry = try registry.entry(message.header.environment ?? registry.entries.first?.name ?? "")
    let known = entry.options.map(\.name)
    let options = defaults.filter { known.contains($0.key) }
      .merging(message.header.options ?? [:]) { $1 }
    let count = message.header.count ?? 1
    guard (1...Self.mostWorlds).contains(count), worlds.count + count <= Self.mostWorlds else {
      throw EnvironmentError.refused(
        reason: "'count' is \(count); a process holds at most \(Self.mostWorlds) worlds")
    }
    let new = try (0..<count).map { _ in try registry.make(entry.name, options: options) }
    answer.header.worlds = new.map { environment in
      made += 1
      worlds[made] = World(entry: entry, environment: environment)
      return made
    }
    answer.header.description = new[0].description
    let start = (new[0] as? any ObservedStart)?.startObservations
    answer.header.abilities =
      [.state, .scene, .picture, .demonstrate] + (start == nil ? [] : [.start])
    answer.header.startObservations = start
  }

  private static let mostWorlds = 4096

  private func reset(_ answer: inout Reply.Answer, _ message: Call) throws {
    let seeds = message.header.seeds ?? []
    let chosen = try chosen(message, each: "seed", seeds.count)
    for (world, seed) in zip(chosen, seeds) { world.environment.reset(seed: seed) }
    try look(&answer, message, chosen)
  }

  private func observe(_ answer: inout Reply.Answer, _ message: Call) throws {
    try look(&answer, message, chosen(message))
  }

  private func step(_ answer: inout Reply.Answer, _ message: Call) throws {
    let actions = try array("action", of: message)
    let chosen = try chosen(message, each: "action", actions.rows)
    var results: [StepResult] = []
    for (row, world) in chosen.enumerated() {
      try results.append(world.environment.step(actions.row(row) ?? []))
    }
    let shape = [results.count]
    answer.arrays = [
      WireArray("reward", shape: shape, results.map(\.reward)),
      WireArray("success", shape: shape, bytes: Data(results.map { $0.isSuccess ? 1 : 0 })),
      WireArray("finished", shape: shape, bytes: Data(results.map { $0.isFinished ? 1 : 0 })),
    ]
    answer.header.completed = results.map(\.completed)
    try look(&answer, message, chosen)
  }

  private func restore(_ answer: inout Reply.Answer, _ message: Call) throws {
    let states = try array("state", of: message)
    let chosen = try chosen(message, each: "state", states.rows)
    for (row, world) in chosen.enumerated() {
      try world.environment.restore(states.row(row) ?? [])
    }
    try look(&answer, message, chosen)
  }

  private func start(_ answer: inout Reply.Answer, _ message: Call) throws {
    let chosen = try chosen(message)
    for (row, world) in chosen.enumerated() {
      guard let environment = world.environment as? any ObservedStart else {
        throw EnvironmentError.refused(
          reason: "\(world.entry.name) is not set up from observations")
      }
      var frame: ObservationFrame = [:]
      for name in environment.startObservations {
        frame[name] = .float32(try array("observation/\(name)", of: message).row(row) ?? [])
      }
      try environment.start(from: frame)
    }
    try look(&answer, message, chosen)
  }

  private func behaviour(_ answer: inout Reply.Answer, _ message: Call) throws {
    answer.header.behaviours = try chosen(message).map(\.environment.behaviour)
  }

  private func close(_ answer: inout Reply.Answer, _ message: Call) throws {
    for world in message.header.worlds ?? [] { worlds[world] = nil }
  }

  private func begin(_ answer: inout Reply.Answer, _ message: Call) throws {
    let seeds = message.header.seeds ?? []
    _ = try chosen(message, each: "seed", seeds.count)
    answer.header.choices = try zip(message.header.worlds ?? [], seeds).map { number, seed in
      guard let world = worlds[number] else { return [:] }
      let demonstrator =
        try world.demonstrator ?? world.entry.makeDemonstrator(world.environment)
      worlds[number]?.demonstrator = demonstrator
      demonstrator.begin(seed: seed)
      return demonstrator.choices
    }
  }

  private func demonstrate(_ answer: inout Reply.Answer, _ message: Call) throws {
    let demonstrators = try chosen(message).map { world in
      guard let demonstrator = world.demonstrator else {
        throw EnvironmentError.refused(reason: "'demonstrate' comes after 'begin'")
      }
      return demonstrator
    }
    let actions = demonstrators.map { $0.action() }
    answer.arrays.append(
      WireArray("action", shape: [actions.count, actions[0].count], actions.flatMap { $0 }))
    answer.header.choices = demonstrators.map(\.choices)
  }

  // MARK: Material

  /// The worlds that a call is about, at least one.
  func chosen(_ message: Call, each name: String? = nil, _ count: Int = 0) throws -> [World] {
    let numbers = message.header.worlds ?? []
    guard !numbers.isEmpty, Set(numbers).count == numbers.count else {
      throw EnvironmentError.refused(reason: "'worlds' must name at least one world, each once")
    }
    if let name, count != numbers.count {
      throw EnvironmentError.refused(
        reason: "there must be one \(name) for each of the \(numbers.count) worlds, not \(count)")
    }
    return try numbers.map { number in
      guard let world = worlds[number] else {
        throw EnvironmentError.refused(reason: "there is no world \(number)")
      }
      return world
    }
  }

  private func array(_ name: String, of message: Call) throws -> WireArray {
    guard let array = message.array(name), array.heading.shape.count >= 2 else {
      throw EnvironmentError.refused(
        reason: "'\(message.header.call)' needs an array '\(name)' "
          + "of worlds × values")
    }
    return array
  }

  /// Adds what worlds show and, where asked for, their states.
  private func look(
    _ answer: inout Reply.Answer, _ message: Call, _ chosen: [World]
  ) throws {
    for name in message.header.observations ?? [] {
      let values = try chosen.map { try $0.environment.observation(name) }
      guard
        let space = chosen[0].environment.description.observations.first(where: {
          $0.name == name
        })
      else { continue }
      let shape = [chosen.count] + space.shape
      if space.elementType == .uint8 {
        let bytes = values.map { if case .uint8(let bytes) = $0 { Data(bytes) } else { Data() } }
        answer.arrays.append(
          WireArray("observation/\(name)", shape: shape, bytes: bytes.reduce(Data(), +)))
      } else {
        answer.arrays.append(
          WireArray(
            "observation/\(name)", shape: shape, values.flatMap { $0.numbers.map { Float($0) } }))
      }
    }
    guard message.header.states == true else { return }
    let states = chosen.map(\.environment.state)
    answer.arrays.append(
      WireArray("state", shape: [states.count, states[0].count], states.flatMap { $0 }))
  }
}

typealias Call = Message<Request>

extension Reply {
  typealias Answer = Message<Reply>
}
