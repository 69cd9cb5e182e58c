import Foundation
public import Imitation

/// A policy behind HTTP and WebSocket: `POST /act`, `GET /policy`, `GET /health` and `/ws`.
///
/// The documents are those of ``/Imitation/DecisionService``; over the WebSocket several may be under
/// way, and their ids tell the answers apart. Decisions of clients that ask at the same time are made
/// in one call of the policy.
public final class PolicyServer: Sendable {
  /// How many decisions one WebSocket may have under way: few, or one client could fill the queue
  /// that all share.
  private static let underWay = 8

  private let queue: DecisionQueue
  private let server: WebServer

  /// Makes a server; it listens once it is started.
  ///
  /// - Parameters:
  ///   - policy: The policy; nobody else uses it from now on. Its capacity should be the batch limit.
  ///   - configuration: How it is shared.
  ///   - access: Who may ask, and where it listens.
  /// - Throws: When the policy's description cannot be encoded.
  public init(
    _ policy: sending Policy, configuration: ServingConfiguration = ServingConfiguration(),
    access: AccessRule = .loopback
  ) throws {
    let format = DecisionFormat(policy)
    let description = try WebResponse.json(encoding: PolicyDescription(policy))
    let queue = DecisionQueue(policy, configuration: configuration)
    let start = ContinuousClock.now
    var limits = WebLimits()
    // Windows of several images, as JSON.
    limits.bodyBytes = 16 << 20
    limits.messageBytes = 4 << 20
    limits.messagesPerSecond = 5000
    self.queue = queue
    server = WebServer(
      routes: [
        .post("/act") { request in
          await Self.answer(request.body, from: queue, in: format)
        },
        .get("/policy") { _ in description },
        .get("/health") { _ in try Self.health(queue, since: start) },
        .socket("/ws") { socket, _ in
          await Self.converse(over: socket, with: queue, in: format)
        },
      ],
      access: access, limits: limits)
  }

  /// How it fares.
  public var figures: ServingFigures { queue.figures }

  /// Starts to listen.
  ///
  /// - Parameter port: The port; 0 for any that is free.
  /// - Returns: Where it listens.
  /// - Throws: ``WebServerError/cannotListen(address:reason:)``.
  public func start(port: UInt16) async throws -> WebAddress {
    try await server.start(port: port)
  }

  /// Stops: answers what was asked and takes no further question; for good.
  public func stop() async {
    await server.stop()
    queue.stop()
  }

  private static func health(
    _ queue: DecisionQueue, since start: ContinuousClock.Instant
  ) throws -> WebResponse {
    struct Health: Encodable {
      let status = "ok"
      let figures: ServingFigures

      enum Key: CodingKey { case status }

      func encode(to encoder: any Encoder) throws {
        try figures.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(status, forKey: .status)
      }
    }
    var figures = queue.figures
    figures.uptimeSeconds = (ContinuousClock.now - start) / .seconds(1)
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys]
    return .json(try encoder.encode(Health(figures: figures)))
  }

  private static func answer(
    _ document: Data, from queue: DecisionQueue, in format: DecisionFormat
  ) async -> WebResponse {
    let request: DecisionRequest
    do {
      request = try format.request(document)
    } catch {
      queue.countMalformed()
      return .json(format.complaint(error.description, id: error.id), status: 400)
    }
    do {
      return .json(format.answer(try await queue.decide(request), id: request.id))
    } catch {
      let isRefused = error is DecisionQueue.Refusal
      if case WindowError.farOutside = error {
        queue.countMalformed()
        return .json(format.complaint("\(error)", id: request.id), status: 400)
      }
      let complaint = format.complaint("\(error)", id: request.id)
      var response = WebResponse.json(complaint, status: isRefused ? 503 : 500)
      if isRefused { response.headers["Retry-After"] = "1" }
      return response
    }
  }

  private static func converse(
    over socket: WebSocket, with queue: DecisionQueue, in format: DecisionFormat
  ) async {
    await withTaskGroup(of: Void.self) { group in
      var underWay = 0
      for await document in socket.messages {
        // The reader waits meanwhile; a client that goes on asking fills its own queue.
        if underWay == Self.underWay {
          await group.next()
          underWay -= 1
        }
        underWay += 1
        group.addTask {
          socket.send(await answer(document, from: queue, in: format).body)
        }
      }
    }
  }
}
