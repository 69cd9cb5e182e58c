import Demonstrations
import Foundation
public import Imitation
public import Logging
public import Web

/// A policy behind HTTP and WebSocket: `POST /act`, `/ws`, `GET /policy`, `/health` and `/metrics`.
///
/// The documents are those of ``/PolicyRuntime/DecisionService``; over the WebSocket several may be
/// under way, and their ids tell the answers apart. Decisions of clients that ask at the same time
/// are made in one call of the policy.
public final class PolicyServer: Sendable {
  /// How many decisions one WebSocket may have under way: few, or one client could fill the queue
  /// that all share.
  private static let underWay = 8

  private let queue: DecisionQueue
  private let server: WebServer

  /// Makes a server; it listens once it is started.
  ///
  /// - Parameters:
  ///   - policy: The policy; nobody else uses it from now on. Its capacity should be the batch
  ///     limit.
  ///   - configuration: How it is shared.
  ///   - decodePicture: Reads the PNG and JPEG files of clients; nil where there are none.
  ///   - access: Who may ask, and where it listens.
  ///   - logger: Is told what happens.
  /// - Throws: When the policy's description cannot be encoded.
  public convenience init(
    _ policy: sending Policy, configuration: ServingConfiguration = ServingConfiguration(),
    decodingPictures decodePicture: DecisionFormat.PictureDecoder? = nil,
    access: AccessRule = .loopback, logger: Logger = .silent
  ) throws {
    try self.init(
      EstimatingAgent(policy), configuration: configuration, decodingPictures: decodePicture,
      access: access, logger: logger)
  }

  /// Makes a server of a policy that estimators tell what clients do not; it listens once it is
  /// started.
  ///
  /// - Parameters:
  ///   - agent: The policy and its estimators; nobody else uses them from now on.
  ///   - configuration: How it is shared.
  ///   - decodePicture: Reads the PNG and JPEG files of clients; nil where there are none.
  ///   - access: Who may ask, and where it listens.
  ///   - logger: Is told what happens.
  /// - Throws: When the policy's description cannot be encoded.
  public init(
    _ agent: sending EstimatingAgent, configuration: ServingConfiguration = ServingConfiguration(),
    decodingPictures decodePicture: DecisionFormat.PictureDecoder? = nil,
    access: AccessRule = .loopback, logger: Logger = .silent
  ) throws {
    let format = DecisionFormat(agent, decodingPictures: decodePicture)
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let description = WebResponse.json(try encoder.encode(PolicyDescription(agent)))
    let limits = Self.limits(for: agent, windows: configuration.batchLimit)
    let queue = DecisionQueue(agent, configuration: configuration, format: format)
    let start = ContinuousClock.now
    let figures = { @Sendable in
      var figures = queue.figures
      figures.uptimeSeconds = (ContinuousClock.now - start) / .seconds(1)
      return figures
    }
    self.queue = queue
    server = WebServer(
      routes: [
        .post("/act") { request in
          await Self.answer(request.body, of: request.connection, from: queue, in: format)
        },
        .get("/policy") { _ in description },
        .get("/health") { _ in try Self.health(figures()) },
        .get("/metrics") { _ in
          let metrics = ServingMetrics(figures: figures(), latencies: queue.histogram)
          return WebResponse(
            contentType: "text/plain; version=0.0.4; charset=utf-8", body: Data(metrics.text.utf8))
        },
        .socket("/ws") { socket, request in
          await Self.converse(
            over: socket, of: request.connection, with: queue, in: format)
        },
      ],
      access: access, limits: limits, logger: logger)
  }

  /// How it fares.
  public var figures: ServingFigures { queue.figures }

  /// Starts to listen.
  ///
  /// - Parameter port: The port; 0 for any that is free.
  /// - Returns: Where it listens.
  /// - Throws: ``/Web/WebServerError/cannotListen(address:reason:)``.
  public func start(port: UInt16) async throws -> WebAddress {
    try await server.start(port: port)
  }

  /// Stops: answers what was asked and takes no further question; for good.
  public func stop() async {
    await server.stop()
    queue.stop()
  }

  private static func health(_ figures: ServingFigures) throws -> WebResponse {
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
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys]
    return .json(try encoder.encode(Health(figures: figures)))
  }

  /// What a client may send: no more than the policy could ever look at.
  private static func limits(for agent: EstimatingAgent, windows: Int) -> WebLimits {
    let normalizer = agent.normalizer
    let numbers = normalizer.observations.reduce(0) { $0 + $1.width }
    let bytes = normalizer.images.reduce(0) { $0 + $1.recordedCount }
    // A number has up to 25 characters with its comma, a byte of a picture up to 8 with brackets.
    let window = agent.observationHorizon * (32 * numbers + 8 * bytes)
    var limits = WebLimits()
    // Several windows may come in one document, but no more than is good to hold for anybody.
    let several = min(windows * (window + 64), 4 << 20)
    limits.bodyBytes = max(65_536, window + 4096, several)
    limits.messageBytes = limits.bodyBytes
    limits.incomingBytes = 2 * limits.messageBytes
    limits.messagesPerSecond = 5000
    return limits
  }

  private static func answer(
    _ document: Data, of client: Int, from queue: DecisionQueue, in format: DecisionFormat
  ) async -> WebResponse {
    do {
      if let batch = try format.batch(document) {
        return await Self.answer(batch, of: client, from: queue, in: format)
      }
      return await answerOne(document, of: client, from: queue, in: format)
    } catch {
      return .json(format.complaint(error.description, id: error.id), status: 400)
    }
  }

  private static func answerOne(
    _ document: Data, of client: Int, from queue: DecisionQueue, in format: DecisionFormat
  ) async -> WebResponse {
    do {
      let answer = try await queue.decide(document, from: client)
      return .json(format.answer(answer.actions, id: answer.id))
    } catch let error as MalformedRequest {
      return .json(format.complaint(error.description, id: error.id), status: 400)
    } catch let failure as DecisionQueue.Failure {
      // What is too far from all that was shown is the client's, whatever becomes of it.
      let isFar = if case WindowError.farOutside = failure.error { true } else { false }
      return .json(
        format.complaint("\(failure.error)", id: failure.id), status: isFar ? 400 : 500)
    } catch {
      let id = DocumentIdentity.of(document)
      var response = WebResponse.json(format.complaint("\(error)", id: id), status: 503)
      response.headers["Retry-After"] = "1"
      return response
    }
  }

  /// Asks for all windows of a document at once, so that the queue decides on them together.
  private static func answer(
    _ batch: DecisionBatch, of client: Int, from queue: DecisionQueue, in format: DecisionFormat
  ) async -> WebResponse {
    let answers = await withTaskGroup(of: (Int, Data).self) { group in
      for (index, window) in batch.documents.enumerated() {
        group.addTask {
          (index, await answerOne(window, of: client, from: queue, in: format).body)
        }
      }
      var answers = [Data](repeating: Data(), count: batch.documents.count)
      for await (index, answer) in group { answers[index] = answer }
      return answers
    }
    return .json(batch.answer(answers))
  }

  private static func converse(
    over socket: WebSocket, of client: Int, with queue: DecisionQueue, in format: DecisionFormat
  ) async {
    await withTaskGroup(of: Void.self) { group in
      var underWay = 0
      for await document in socket.messages {
        // The reader waits meanwhile; a client that goes on asking is not read from.
        if underWay == Self.underWay {
          await group.next()
          underWay -= 1
        }
        underWay += 1
        group.addTask {
          socket.send(await answer(document, of: client, from: queue, in: format).body)
        }
      }
    }
  }
}
