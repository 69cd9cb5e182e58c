public import EnvironmentInterface

/// Worlds of one process act by one message, which costs little more than a single world's.
extension ExternalEnvironment: JointEnvironment {
  /// Executes an action in each of several worlds: one message for each process that has some.
  ///
  /// - Parameters:
  ///   - worlds: Worlds, each once; those that are in no other process act by themselves.
  ///   - actions: For each its action.
  /// - Returns: For each what its step did.
  /// - Throws: `EnvironmentError`, also for a simulator that is gone; some may have acted then.
  public func step(_ worlds: [any Environment], _ actions: [[Float]]) throws -> [StepResult] {
    var results: [Int: StepResult] = [:]
    var parties: [Party] = []
    for (index, (world, action)) in zip(worlds, actions).enumerated() {
      guard let world = world as? ExternalEnvironment else {
        results[index] = try world.step(action)
        continue
      }
      if let place = parties.firstIndex(where: { $0.takes(world) }) {
        parties[place].add(world, at: index)
      } else {
        parties.append(Party(world, at: index))
      }
    }
    for party in parties {
      let done = try Self.step(party.worlds, party.indices.map { actions[$0] })
      for (index, result) in zip(party.indices, done) { results[index] = result }
    }
    return worlds.indices.compactMap { results[$0] }
  }

  /// Worlds that a message can be about: of one process, alike, and not too much to be shown.
  private struct Party {
    private(set) var worlds: [ExternalEnvironment]
    private(set) var indices: [Int]
    private let most: Int

    /// What an answer may hold, in bytes: far less than a message may.
    private static let most = 32 << 20

    init(_ world: ExternalEnvironment, at index: Int) {
      worlds = [world]
      indices = [index]
      most = Self.most / world.answerSize
    }

    func takes(_ world: ExternalEnvironment) -> Bool {
      worlds.count < most && worlds[0].worker === world.worker
        && worlds[0].description.options == world.description.options
    }

    mutating func add(_ world: ExternalEnvironment, at index: Int) {
      worlds.append(world)
      indices.append(index)
    }
  }

  /// Executes an action in each of several worlds of one process, by one message.
  static func step(
    _ worlds: [ExternalEnvironment], _ actions: [[Float]]
  ) throws -> [StepResult] {
    guard let first = worlds.first else { return [] }
    for world in worlds { try world.checkAlive() }
    let clamped = try zip(worlds, actions).flatMap { try $0.description.action.clamped($1) }
    let shape = [worlds.count, first.description.action.count]
    var request = Request("step")
    request.worlds = worlds.map(\.world)
    request.observations = worlds.reduce(into: Set()) { $0.formUnion($1.watched) }.sorted()
    request.states = worlds.contains { $0.watchesState }
    let message = try losing {
      try first.worker.ask(request, [WireArray("action", shape: shape, clamped)])
    }
    guard let rewards = message.array("reward")?.values(ofRows: worlds.count),
      let success = message.array("success")?.values(ofRows: worlds.count),
      let finished = message.array("finished")?.values(ofRows: worlds.count)
    else { throw first.incomplete("step") }
    let completed = message.header.completed ?? []
    return try worlds.enumerated().map { row, world in
      try world.take(message, row: row)
      return StepResult(
        reward: rewards[row],
        completed: (completed.indices.contains(row) ? completed[row] : []).filter(
          world.description.subtasks.indices.contains),
        isSuccess: success[row] != 0, isFinished: finished[row] != 0)
    }
  }

  /// What a simulator does not do in the midst of an episode takes the episode with it.
  static func losing<Answer>(_ body: () throws -> Answer) throws -> Answer {
    do {
      return try body()
    } catch EnvironmentError.refused(let reason) {
      throw EnvironmentError.lost(reason: reason)
    }
  }
}
