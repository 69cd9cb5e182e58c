import EnvironmentInterface
import Foundation
import Synchronization

/// The processes that simulate one environment: each thread that makes worlds has its own, so that
/// threads do not wait for one another, and one that has ended is replaced.
final class WorkerPool: Sendable {
  let command: [String]
  let environment: String?
  let timeout: Duration
  /// By thread; the first was asked what there is and waits for a thread that needs one.
  private let workers: Mutex<[UInt: WorkerProcess]>
  /// What the simulator offers.
  let listing: Reply.Listing

  /// Starts the first process and asks what it simulates.
  ///
  /// - Parameters:
  ///   - command: The program and its arguments.
  ///   - environment: Which of its environments is meant; nil for the only one.
  ///   - timeout: How long an answer may take.
  /// - Throws: `EnvironmentError`.
  init(_ command: [String], environment: String? = nil, timeout: Duration) throws {
    self.command = command
    self.timeout = timeout
    let worker = try WorkerProcess(command, timeout: timeout)
    var request = Request("hello")
    request.version = OtherPrograms.version
    let reply = try worker.ask(request).header
    guard reply.version == OtherPrograms.version else {
      throw EnvironmentError.lost(
        reason: "'\(command.joined(separator: " "))' speaks version "
          + "\(reply.version.map(String.init) ?? "none") of the protocol; this program speaks "
          + "\(OtherPrograms.version)")
    }
    let offered = reply.environments ?? []
    guard let listing = offered.first(where: { environment == nil || $0.name == environment })
    else {
      throw EnvironmentError.refused(
        reason: "'\(command.joined(separator: " "))' offers no environment")
    }
    self.listing = listing
    self.environment = listing.name
    workers = Mutex([0: worker])
  }

  /// The calling thread's process: its own, one that nobody uses any more, or a new one.
  func worker() throws -> WorkerProcess {
    let thread = withUnsafeBytes(of: pthread_self()) { $0.load(as: UInt.self) }
    let found = workers.withLock { workers -> WorkerProcess? in
      workers = workers.filter(\.value.isAlive)
      if let worker = workers[thread] { return worker }
      guard let idle = workers.first(where: { $0.value.worlds == 0 }) else { return nil }
      workers[idle.key] = nil
      workers[thread] = idle.value
      return idle.value
    }
    if let found { return found }
    let worker = try WorkerProcess(command, timeout: timeout)
    workers.withLock { $0[thread] = worker }
    return worker
  }
}
