public import Demonstrations
public import EnvironmentInterface
public import Foundation

/// The recording page: opens a file, steers the session by what the pages send, tells them its
/// state.
///
/// Messages: `open` (`environment`, `file`), `start`, `steer` (`action`), `save`, `discard`,
/// `undo`, `claim`. While no page is connected time stands still, so that a lost connection costs
/// nothing.
public final class RecordingPage: LivePage, SharedPage {
  /// What a page is told: all there is to know about the recording.
  private struct Document: Encodable {
    let kind = "recording"
    var hasControl: Bool
    var environments: [String]
    /// The environment that the form shows first.
    var offered: String?
    var note: PageNote
    var session: RecordingStatus?
  }

  private static let types = ["open", "start", "steer", "save", "discard", "undo", "claim"]

  private let registry: EnvironmentRegistry
  private let folder: StudioFolder
  private let author: String
  private let offered: String?
  private var session: RecordingSession?
  private var file = ""
  var control = PageControl()
  var note = PageNote()

  /// Creates the page without a session: a page opens one.
  ///
  /// - Parameters:
  ///   - registry: The environments that can be recorded.
  ///   - folder: Where files may be.
  ///   - author: What is noted as the recorder of each episode.
  ///   - offered: The environment that the form shows first; nil for the first of the registry.
  public init(
    _ registry: EnvironmentRegistry, in folder: StudioFolder, author: String,
    offering offered: String? = nil
  ) {
    self.registry = registry
    self.folder = folder
    self.author = author
    self.offered = offered
  }

  /// Continues with a session that was opened before; a page may open another one.
  ///
  /// - Parameters:
  ///   - session: The session.
  ///   - path: The file that it records into.
  public func use(_ session: RecordingSession, recordingInto path: String) {
    self.session = session
    file = folder.shown(path)
  }

  /// The environment's control period; where it has no clock, often enough to feel immediate.
  public var period: Duration? {
    guard let session, session.phase == .running, !session.isWaiting, control.holder != nil else {
      return nil
    }
    let rate = session.environment.description.controlRate
    return .seconds(1) / (rate > 0 ? rate : 20)
  }

  /// Executes the latest command.
  public func tick() {
    attempt { try $0.tick() }
    if let session, session.phase == .ended {
      note.say(
        session.isSuccess
          ? "Done: save it, or discard it." : "The episode is over: save it, or discard it.")
    }
  }

  /// Takes a message of a page.
  public func receive(_ message: Data, from client: Int) -> Bool {
    answer(message, from: client)
  }

  /// A page has connected: it has control now.
  public func connected(_ client: Int) {
    control.connected(client)
    session?.letGo()
  }

  /// A page has gone: the episode under way waits for the next command.
  public func disconnected(_ client: Int) {
    if control.disconnected(client) { session?.letGo() }
  }

  /// All there is to know.
  public func documents(for client: Int) -> [Data] {
    let document = Document(
      hasControl: client == control.holder, environments: registry.entries.map(\.name),
      offered: offered, note: note, session: session.map { RecordingStatus(of: $0, file: file) })
    return (try? JSONEncoder().encode(document)).map { [$0] } ?? []
  }

  /// Brings the file into its last form; an episode under way is lost.
  ///
  /// - Throws: `DemonstrationError`.
  public func close() throws {
    defer { session = nil }
    try session?.close()
  }

  /// - Returns: Whether there is something new to show.
  func perform(_ message: PageMessage) throws -> Bool {
    if message.type == "open" {
      try open(environment: message.text("environment"), file: message.text("file"))
      return true
    }
    guard Self.types.contains(message.type) else { throw message.unknown(known: Self.types) }
    guard let session else {
      throw StudioFailure.notNow(command: message.type, reason: "no file is open")
    }
    switch message.type {
    case "steer":
      let wasWaiting = session.isWaiting
      try session.steer(message.numbers("action"))
      if wasWaiting { note.say("") }
      return wasWaiting
    case "start":
      try session.start()
      note.say(session.steering.kind == .follow ? "Move to begin." : "Click to act.")
    case "save":
      let count = try session.save()
      note.say(
        "Saved \(counted(count, "step")); the file has \(counted(session.episodes, "episode")).")
    case "discard":
      try session.discard()
      note.say("Discarded.")
    default:
      let name = try session.undo()
      note.say("Took back \(name); \(counted(session.episodes, "episode")) left.")
    }
    return true
  }

  private func open(environment name: String, file: String) throws {
    if let session, session.phase != .idle {
      throw StudioFailure.notNow(
        command: "open another file", reason: "save or discard the episode under way first")
    }
    let path = try folder.resolveStore(file.hasSuffix(".hdf5") ? file : file + ".hdf5")
    let environment = try registry.make(name)
    let (target, seed) = try RecordingFile.at(path, for: environment.description)
    let next = try RecordingSession(in: environment, into: target, seed: seed, author: author)
    try session?.close()
    use(next, recordingInto: path)
    note.say(
      target.recorder == nil
        ? "\(self.file) is new; it is written when you save the first episode."
        : "\(self.file) has \(counted(next.episodes, "episode")).")
  }

  private func attempt(_ body: (RecordingSession) throws -> Void) {
    guard let session else { return }
    do { try body(session) } catch { note.complain(error) }
  }
}

extension RecordingSession {
  /// Opens a file for recording, a new one or one to be continued.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - environment: The environment.
  ///   - seed: The first episode's seed; a file that has episodes goes on after its last one's.
  /// - Returns: The recorder, and the first episode's seed.
  /// - Throws: ``StudioFailure/notSteerable(environment:action:)``, or `DemonstrationError`.
  public static func recorder(
    for path: String, in environment: EnvironmentDescription, seed: UInt64
  ) throws -> (recorder: DemonstrationRecorder, seed: UInt64) {
    // Before there is a file for something that cannot be recorded.
    _ = try Steering(environment)
    let recorder = try DemonstrationRecorder(path: path, environment: environment)
    do {
      return (
        recorder, try DemonstrationStore(reading: path, following: .nowhere).nextSeed(atLeast: seed)
      )
    } catch {
      try? recorder.close()
      throw error
    }
  }
}
