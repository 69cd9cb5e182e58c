import Dispatch
import Foundation
import Studio
import Synchronization

/// A web server for as long as a command runs.
enum WebService {
  private final class Outcome<Value: Sendable>: Sendable {
    let result = Mutex<Result<Value, any Error>?>(nil)
    let isThere = DispatchSemaphore(value: 0)
  }

  /// Serves until Ctrl-C, then finishes what is under way.
  ///
  /// - Parameters:
  ///   - server: The server.
  ///   - port: The port; 0 for any that is free.
  ///   - announce: Called with the address once it listens.
  /// - Throws: `WebServerError` where it cannot listen, and what `announce` throws.
  static func run(
    _ server: WebServer, port: UInt16, announce: (WebAddress) throws -> Void
  ) throws {
    let address = try waiting { try await server.start(port: port) }
    defer { try? waiting { await server.stop() } }
    try announce(address)
    while !Interruption.isRequested { usleep(50_000) }
  }

  /// The result of asynchronous work, waited for on this thread.
  private static func waiting<Value: Sendable>(
    _ work: @escaping @Sendable () async throws -> Value
  ) throws -> Value {
    let outcome = Outcome<Value>()
    Task.detached {
      let result: Result<Value, any Error>
      do { result = .success(try await work()) } catch { result = .failure(error) }
      outcome.result.withLock { $0 = result }
      outcome.isThere.signal()
    }
    outcome.isThere.wait()
    guard let result = outcome.result.withLock({ $0 }) else { throw CancellationError() }
    return try result.get()
  }
}
