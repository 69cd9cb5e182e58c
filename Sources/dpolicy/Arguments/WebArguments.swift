import ArgumentParser
import Foundation
import Logging
import Studio
import Synchronization
import Web

/// Where a server listens and who may ask it.
struct WebArguments: ParsableArguments {
  @Option(help: "The port; 0 for any that is free.")
  var port: UInt16 = 8700

  @Option(
    help: "The IP address to listen on; 0.0.0.0 lets in other machines, which need the token.")
  var host = "127.0.0.1"

  @Option(
    help: ArgumentHelp(
      "What clients must show; better set as the variable DPOLICY_TOKEN, which other users of the "
        + "machine cannot see.", valueName: "text"))
  var token: String?

  @Option(
    help: ArgumentHelp(
      "The public address of a proxy before this server (for TLS, say), such as "
        + "https://robot.example; needs the token.", valueName: "address"))
  var behind: String?

  @Option(
    help: ArgumentHelp(
      "What is logged to standard error: debug (every request), info (refusals), warning or error.",
      valueName: "level"))
  var logLevel = LogLevel.warning

  @Option(
    help: ArgumentHelp("Log as text, or as one JSON document per line.", valueName: "format"))
  var logFormat = LogFormat.text

  /// Tells what happens as the arguments say.
  var logger: Logger {
    var logger = Logger(label: "dpolicy") { [logFormat] label in
      switch logFormat {
      case .text: StreamLogHandler.standardError(label: label)
      case .json: JSONLineLog()
      }
    }
    logger.logLevel = logLevel.level
    return logger
  }

  /// Who may ask.
  ///
  /// - Throws: `WebServerError`.
  func access() throws -> AccessRule {
    let token = token ?? ProcessInfo.processInfo.environment["DPOLICY_TOKEN"]
    return try AccessRule(host: host, token: token, origin: behind)
  }

  /// Serves until Ctrl-C or a request to terminate; prints the address first.
  ///
  /// - Parameters:
  ///   - start: Starts the server on a port and returns where it listens.
  ///   - stop: Stops it and returns a remark for the user.
  /// - Throws: What `start` throws, and ``Interruption`` after Ctrl-C.
  func serve(
    start: @escaping @Sendable (UInt16) async throws -> WebAddress,
    stop: @escaping @Sendable () async throws -> String
  ) throws {
    let port = port
    let address = try finished { try await start(port) }
    try Output.result(address.description)
    while !Interruption.isRequested { Thread.sleep(forTimeInterval: 0.05) }
    let remark = try finished { try await stop() }
    if Interruption.signal == SIGINT { throw Interruption(description: remark) }
    Output.note(remark)
  }

  /// Runs work of another kind of thread to its end.
  private func finished<Value: Sendable>(
    _ work: @escaping @Sendable () async throws -> Value
  ) throws -> Value {
    let end = DispatchSemaphore(value: 0)
    let result = Outcome<Value>()
    Task {
      do {
        let value = try await work()
        result.set(.success(value))
      } catch {
        result.set(.failure(error))
      }
      end.signal()
    }
    end.wait()
    return try result.get()
  }
}

/// What a task leaves for a thread that waits for it.
private final class Outcome<Value: Sendable>: Sendable {
  private let result = Mutex<Result<Value, any Error>>(.failure(CancellationError()))

  func set(_ value: Result<Value, any Error>) { result.withLock { $0 = value } }

  func get() throws -> Value { try result.withLock { try $0.get() } }
}

/// How much is told.
enum LogLevel: String, CaseIterable, ExpressibleByArgument {
  case debug, info, warning, error

  var level: Logger.Level {
    switch self {
    case .debug: .debug
    case .info: .info
    case .warning: .warning
    case .error: .error
    }
  }
}

/// How a log is written.
enum LogFormat: String, CaseIterable, ExpressibleByArgument {
  case text, json
}
