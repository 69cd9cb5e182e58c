public import EnvironmentInterface
public import Foundation
public import Imitation

/// The watching page: loads a policy, lets it act by the clock, tells the pages what it thinks.
///
/// Messages: `load` (`policy`, `environment` or null), `pause`, `resume`, `step`, `reset` (`seed`
/// or null for the next one), `sampler` (`kind`, `steps` or null, `eta`, `extraSteps`, `guidance`,
/// `candidates`, `bandwidth`), `takeOver`, `giveBack`, `steer` (`action`), `claim`.
public final class WatchingPage: LivePage, SharedPage {
  private struct Document: Encodable {
    let kind = "watching"
    var hasControl: Bool
    var policies: [String]
    var environments: [String]
    var note: PageNote
    var session: WatchingStatus?
  }

  private static let types = [
    "load", "pause", "resume", "step", "reset", "sampler", "takeOver", "giveBack", "steer", "claim",
  ]
  /// What the clock does where an environment has none: a decision at a time, to be looked at.
  private static let slowPeriod = Duration.milliseconds(1200)
  /// How long an episode's end is shown before the next begins.
  private static let rest = Duration.milliseconds(1500)

  private let registry: EnvironmentRegistry
  private let folder: StudioFolder
  private let choice: CheckpointChoice
  private let latents: LatentPlane.Source?
  private var session: WatchingSession?
  private var name = ""
  private var isPaused = false
  var control = PageControl()
  var note = PageNote()
  private var policies: [String] = []
  private var told: [Int: Int] = [:]
  /// The pages that know the latents of the policy that is loaded.
  private var toldLatents: Set<Int> = []

  /// Creates the page without a policy: a page loads one.
  ///
  /// - Parameters:
  ///   - registry: The environments.
  ///   - folder: Where policies may be.
  ///   - choice: Whose weights policies take: the last, or those of the least validation loss.
  ///   - latents: Encodes what a policy was trained on, for methods with latents; nil to show none.
  public init(
    _ registry: EnvironmentRegistry, in folder: StudioFolder,
    choosing choice: CheckpointChoice = .last, latents: LatentPlane.Source? = nil
  ) {
    self.latents = latents
    self.registry = registry
    self.choice = choice
    self.folder = folder
    policies = folder.policies().map(\.path)
  }

  /// Loads a policy.
  ///
  /// - Parameters:
  ///   - path: The checkpoint folder.
  ///   - environment: The environment's name; nil for the one it was recorded in.
  ///   - seed: The seed of the first episode.
  /// - Throws: What reading the checkpoint throws, and `ImitationError` for a policy that does not
  ///   fit.
  public func load(_ path: String, environment: String?, seed: UInt64 = 0) throws {
    _ = try open(path, environment: environment, seed: seed)
  }

  /// Loads a policy and says so.
  private func open(_ path: String, environment: String?, seed: UInt64 = 0) throws -> String {
    let checkpoint = try Checkpoint(contentsOf: path, choosing: choice)
    let recorded = checkpoint.provenance.environment
    guard let name = environment ?? recorded?.name ?? checkpoint.provenance.environmentName else {
      throw StudioFailure.notNow(
        command: "watch",
        reason: "the checkpoint does not say which environment it is for; choose one")
    }
    let world = try registry.make(
      name, options: recorded?.name == name ? recorded?.options ?? [:] : [:])
    let session = try WatchingSession(checkpoint, in: world, seed: seed)
    let remark = session.hasLatents ? placed(session, by: checkpoint) : ""
    self.session = session
    toldLatents = []
    self.name = folder.shown(path)
    isPaused = false
    return "Loaded \(self.name).\(remark)"
  }

  /// Shows a policy's latents among those of what it was trained on; says why not if it cannot.
  private func placed(_ session: WatchingSession, by checkpoint: Checkpoint) -> String {
    guard let latents else { return "" }
    guard let path = demonstrations(of: checkpoint) else {
      return " Its latents are not shown: its demonstrations are not in the folder."
    }
    do {
      session.place(in: try latents(checkpoint, path))
      return ""
    } catch {
      return " Its latents are not shown: \(error)"
    }
  }

  /// What a policy was trained on, where it lies in the folder: at its path, or by its name.
  private func demonstrations(of checkpoint: Checkpoint) -> String? {
    let path = checkpoint.provenance.demonstrations
    if let own = try? folder.resolveStore(path), FileManager.default.fileExists(atPath: own) {
      return own
    }
    let name = (path as NSString).lastPathComponent
    return folder.demonstrations().first { ($0.path as NSString).lastPathComponent == name }
      .flatMap { try? folder.resolveStore($0.path) }
  }

  /// The environment's control period while anybody watches.
  public var period: Duration? {
    guard let session, !isPaused, control.holder != nil else { return nil }
    if session.isFinished { return Self.rest }
    let rate = session.environment.description.controlRate
    if rate > 0 { return .seconds(1) / rate }
    return session.isTakenOver ? .milliseconds(50) : Self.slowPeriod
  }

  /// One step, or the next episode after an end.
  public func tick() {
    attempt { session in
      session.isFinished ? try session.reset(seed: session.seed &+ 1) : try session.tick()
    }
  }

  /// Takes a message of a page.
  public func receive(_ message: Data, from client: Int) -> Bool {
    answer(message, from: client)
  }

  /// A page has connected: it has control now.
  public func connected(_ client: Int) {
    control.connected(client)
    policies = folder.policies().map(\.path)
  }

  /// A page has gone; the policy goes on if another looks on.
  public func disconnected(_ client: Int) {
    told[client] = nil
    toldLatents.remove(client)
    if control.disconnected(client) { session?.giveBack() }
  }

  /// All there is to know, and the latest decision where it is new.
  public func documents(for client: Int) -> [Data] {
    let encoder = JSONEncoder()
    let document = Document(
      hasControl: client == control.holder, policies: policies,
      environments: registry.entries.map(\.name), note: note,
      session: session.map { WatchingStatus(of: $0, policy: name, isPaused: isPaused) })
    var documents = [try? encoder.encode(document)]
    if let latents = session?.latents, toldLatents.insert(client).inserted {
      documents.append(try? encoder.encode(LatentDocument(latents)))
    }
    if let session, let decision = session.decision, told[client] != decision.serial {
      told[client] = decision.serial
      documents.append(try? encoder.encode(DecisionDocument(decision, of: session)))
    }
    return documents.compactMap { $0 }
  }

  /// Ends.
  public func close() {
    session = nil
  }

  func perform(_ message: PageMessage) throws -> Bool {
    guard Self.types.contains(message.type) else { throw message.unknown(known: Self.types) }
    if message.type == "load" {
      let environment = try? message.text("environment")
      note.say(try open(folder.resolveCheckpoint(message.text("policy")), environment: environment))
      return true
    }
    guard let session else {
      throw StudioFailure.notNow(command: message.type, reason: "no policy is loaded")
    }
    switch message.type {
    case "pause": isPaused = true
    case "resume": isPaused = false
    case "step":
      isPaused = true
      tick()
    case "reset":
      let seed = try message.whole("seed").flatMap { UInt64(exactly: $0) }
      try session.reset(seed: seed ?? session.seed &+ 1)
    case "sampler":
      try session.sample(with: SamplerChoice(message).applied(to: session))
      note.say("In use from the next decision on.")
    case "takeOver": session.takeOver()
    case "giveBack": session.giveBack()
    default:
      try session.steer(message.numbers("action"))
      return false
    }
    return true
  }

  private func attempt(_ body: (WatchingSession) throws -> Void) {
    guard let session else { return }
    do {
      try body(session)
    } catch {
      note.complain(error)
      isPaused = true
    }
  }
}
