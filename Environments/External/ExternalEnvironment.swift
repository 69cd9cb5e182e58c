import Drawing
public import EnvironmentInterface
import Foundation
import Naming

/// A world in another process.
///
/// What a step brings is what was asked for before, so that a step is one message. Where the
/// process is gone, the next step or observation says so: a reset, a state and a scene cannot. The
/// next reset goes on in another process.
public class ExternalEnvironment: RemadeEnvironment {
  /// The longest side of a picture that the simulator draws for people, in pixels.
  public static let pictureSide = 480

  /// Spaces, clock and task; the name is the one that the world was asked for by.
  public let description: EnvironmentDescription
  private(set) var worker: WorkerProcess
  private(set) var world: Int
  private let pool: WorkerPool
  let abilities: Set<Reply.Ability>
  /// What answers bring along, because it was looked at before.
  private(set) var watched: Set<String> = []
  private(set) var watchesState = false
  private var frame: ObservationFrame = [:]
  private var savedState: [Float]?
  private var shownScene: Scene?
  private var failure: (any Error)?

  /// Makes a world in a simulator's process.
  static func make(
    _ name: String, in pool: WorkerPool, options: [String: Double]
  ) throws -> ExternalEnvironment {
    let (worker, world, reply) = try begin(name, in: pool, options: options)
    guard var description = reply.description else { throw withoutWorld(name) }
    description.name = name
    try description.check()
    let abilities = Set(reply.abilities ?? [])
    let made = (
      description: description, pool: pool, worker: worker, world: world, abilities: abilities
    )
    let start = reply.startObservations ?? []
    if abilities.contains(.start), !start.isEmpty {
      return ExternalStartingEnvironment(made, startObservations: start)
    }
    return ExternalEnvironment(made)
  }

  /// Asks a process of the pool for a world.
  private static func begin(
    _ name: String, in pool: WorkerPool, options: [String: Double]
  ) throws -> (worker: WorkerProcess, world: Int, reply: Reply) {
    let worker = try pool.worker()
    var request = Request("make")
    request.environment = pool.listing.name
    request.options = options
    request.count = 1
    let reply = try worker.ask(request).header
    guard let world = reply.worlds?.first else { throw withoutWorld(name) }
    return (worker, world, reply)
  }

  private static func withoutWorld(_ name: String) -> EnvironmentError {
    .lost(reason: "\(name): 'make' was answered without a world")
  }

  /// What a simulator has made.
  typealias Made = (
    description: EnvironmentDescription, pool: WorkerPool, worker: WorkerProcess, world: Int,
    abilities: Set<Reply.Ability>
  )

  init(_ made: Made) {
    (description, pool, worker, world, abilities) = made
    worker.count(1)
  }

  deinit {
    worker.count(-1)
    if worker.isAlive { _ = try? worker.ask(request("close")) }
  }

  /// Makes another world of the same kind, with the same options.
  ///
  /// - Throws: `EnvironmentError` for a simulator that is gone.
  public func another() throws -> any Environment {
    try Self.make(description.name, in: pool, options: description.options)
  }

  // MARK: Acting

  /// Starts an episode.
  public func reset(seed: UInt64) {
    failure = nil
    attempt {
      if !worker.isAlive { try goOnElsewhere() }
      var request = request("reset")
      request.seeds = [seed]
      try take(Self.losing { try worker.ask(request) })
    }
  }

  /// Makes the same world in another process.
  private func goOnElsewhere() throws {
    (worker, world, _) = try Self.begin(description.name, in: pool, options: description.options)
    worker.count(1)
  }

  /// Executes one action.
  ///
  /// - Throws: `EnvironmentError`, also for a simulator that is gone.
  public func step(_ action: [Float]) throws -> StepResult {
    guard let result = try Self.step([self], [action]).first else { throw incomplete("step") }
    return result
  }

  // MARK: Looking

  /// The present value of one observation space.
  ///
  /// - Throws: `UnknownName`, or `EnvironmentError` for a simulator that is gone.
  public func observation(_ name: String) throws -> ObservationValue {
    if let value = frame[name] { return value }
    guard description.observations.contains(where: { $0.name == name }) else {
      throw UnknownName(
        kind: "observation of \(description.name)", name: name,
        known: description.observations.map(\.name))
    }
    try checkAlive()
    watched.insert(name)
    try take(worker.ask(request("observe")), isNew: false)
    guard let value = frame[name] else { throw incomplete("observe") }
    return value
  }

  /// The present state; empty where the simulator does not save states.
  public var state: [Float] {
    guard abilities.contains(.state) else { return [] }
    if savedState == nil {
      watchesState = true
      attempt { try take(worker.ask(request("observe")), isNew: false) }
    }
    return savedState ?? []
  }

  /// Goes back to a saved state.
  ///
  /// - Throws: `EnvironmentError`, also for a simulator that does not save states.
  public func restore(_ state: [Float]) throws {
    try checkAlive()
    guard abilities.contains(.state) else {
      throw EnvironmentError.refused(reason: "\(description.name) does not save its states")
    }
    let what = "state of \(description.name)"
    let expected = self.state.count
    guard state.count == expected else {
      throw EnvironmentError.wrongLength(what: what, expected: expected, actual: state.count)
    }
    if let index = state.firstIndex(where: { !$0.isFinite }) {
      throw EnvironmentError.notFinite(what: what, index: index)
    }
    let array = WireArray("state", shape: [1, state.count], state)
    try take(worker.ask(request("restore"), [array]))
  }

  /// What has been done so far; empty where the simulator does not say.
  public var behaviour: [String: String] {
    var behaviour: [String: String] = [:]
    attempt { behaviour = try worker.ask(request("behaviour")).header.behaviours?.first ?? [:] }
    return behaviour
  }

  /// The present picture: the simulator's shapes, or what it renders.
  public var scene: Scene {
    if let shownScene { return shownScene }
    attempt { shownScene = try askedScene() }
    return shownScene ?? Self.empty
  }

  private static let empty = Scene(
    from: Scene.Point(0, 0), to: Scene.Point(1, 1), background: Scene.Color(1, 1, 1))

  private func askedScene() throws -> Scene {
    if abilities.contains(.scene) {
      return try worker.ask(request("scene")).header.scenes?.first ?? Self.empty
    }
    guard abilities.contains(.picture) else { return Self.empty }
    var request = request("picture")
    request.side = Self.pictureSide
    guard let array = try worker.ask(request).array("picture"), array.heading.type == .uint8,
      array.heading.shape.count == 4, array.heading.shape[0] == 1, array.heading.shape[3] == 3,
      let picture = Scene.Picture(
        width: array.heading.shape[2], height: array.heading.shape[1], bytes: Data(array.bytes))
    else { throw incomplete("picture") }
    return Scene(showing: picture)
  }

  // MARK: Asking

  /// A question about this world, and what the answer is to bring along.
  func request(_ call: String) -> Request {
    var request = Request(call)
    request.worlds = [world]
    request.observations = watched.sorted()
    request.states = watchesState
    return request
  }

  /// Keeps what an answer brings; what was seen before is of the past where the world has moved.
  func take(_ message: Message<Reply>, row: Int = 0, isNew: Bool = true) throws {
    if isNew {
      frame = [:]
      savedState = nil
      shownScene = nil
    }
    for space in description.observations where watched.contains(space.name) {
      guard let array = message.array("observation/\(space.name)") else { continue }
      guard let value = array.value(ofRow: row, in: space) else { throw incomplete("observation") }
      frame[space.name] = value
    }
    if let array = message.array("state") { savedState = array.row(row) }
  }

  /// How many bytes of what is looked at an answer brings.
  var answerSize: Int {
    let shown = description.observations.filter { watched.contains($0.name) }
    return shown.reduce(64 + 4 * (savedState?.count ?? 0)) {
      $0 + $1.count * ($1.elementType == .uint8 ? 1 : 4)
    }
  }

  /// Remembers a failure for the next call that can throw.
  func attempt(_ body: () throws -> Void) {
    do {
      try body()
    } catch {
      if failure == nil { failure = error }
      frame = [:]
    }
  }

  /// Throws what went wrong where it could not be thrown.
  func checkAlive() throws {
    if let failure { throw failure }
  }

  func incomplete(_ call: String) -> EnvironmentError {
    .lost(reason: "\(description.name): '\(call)' was answered with other arrays than its spaces")
  }
}

extension EnvironmentDescription {
  /// Refuses spaces that nothing fits.
  fileprivate func check() throws {
    for space in observations + [action] {
      guard space.shape.allSatisfy({ $0 > 0 }), space.count > 0,
        space.elementType == .uint8 || space.components.count == space.count
      else {
        throw EnvironmentError.lost(
          reason: "\(name): space '\(space.name)' of shape \(space.shape) has "
            + "\(space.components.count) components")
      }
    }
    guard action.elementType == .float32, episodeLimit > 0, controlRate >= 0 else {
      throw EnvironmentError.lost(reason: "\(name): its action, limit or rate cannot be")
    }
  }
}
