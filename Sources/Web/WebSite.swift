public import Logging

/// What a server serves: its routes, who may ask for them, and the bounds.
struct WebSite: Sendable {
  let access: AccessRule.Session
  let limits: WebLimits
  let address: WebAddress
  private let missing: WebResponse?
  private let logger: Logger
  private let routes: [String: [Route]]

  init(
    routes: [Route], access: AccessRule.Session, limits: WebLimits, missing: WebResponse?,
    address: WebAddress, logger: Logger
  ) {
    self.access = access
    self.limits = limits
    self.missing = missing
    self.logger = logger
    self.address = address
    self.routes = Dictionary(grouping: routes, by: \.path)
  }

  /// Judges a request; every one passes here before anything is done for it.
  ///
  /// - Returns: An answer that stands for the one that was asked for, if the rule has one.
  /// - Throws: ``RequestError`` that says why it is refused.
  func granted(_ request: WebRequest) throws -> WebResponse? {
    try access.check(request, at: address)
  }

  /// Answers a request that was granted.
  func response(to request: WebRequest) async -> WebResponse {
    if let missing, routes[request.path] == nil, request.isByPerson { return missing }
    do {
      switch try route(for: request).kind {
      case .get(let handler), .post(let handler): return try await handler(request)
      case .socket:
        throw RequestError(
          426, "\(request.path) is a WebSocket", headers: ["Upgrade": "websocket"])
      }
    } catch {
      return .failure(error)
    }
  }

  /// Notes what a request was answered with.
  ///
  /// - Parameters:
  ///   - status: The answer's status.
  ///   - request: The request; nil for one that could not be read.
  ///   - connection: The connection that it came over.
  ///   - reason: Why it was refused.
  func note(_ status: Int, to request: WebRequest?, over connection: Int, _ reason: String? = nil) {
    let level: Logger.Level = status >= 500 ? .error : status >= 400 ? .info : .debug
    guard level >= logger.logLevel else { return }
    var metadata: Logger.Metadata = ["connection": "\(connection)", "status": "\(status)"]
    if let request {
      metadata["method"] = "\(request.method)"
      // Never the query: a token may stand in it.
      metadata["path"] = "\(request.path)"
    }
    if let reason { metadata["reason"] = "\(reason)" }
    logger.log(level: level, "answered", metadata: metadata)
  }

  /// The conversation at a path.
  ///
  /// - Throws: ``RequestError`` if there is none.
  func conversation(at request: WebRequest) throws -> Route.Conversation {
    guard case .socket(let conversation) = try route(for: request).kind else {
      throw RequestError(400, "\(request.path) is not a WebSocket")
    }
    return conversation
  }

  private func route(for request: WebRequest) throws -> Route {
    guard let routes = routes[request.path] else {
      throw RequestError(404, "nothing is served at \(request.path.prefix(200))")
    }
    let method = request.method == "HEAD" ? "GET" : request.method
    guard let route = routes.first(where: { $0.method == method }) else {
      let known = routes.map { $0.method == "GET" ? "GET, HEAD" : $0.method }
        .joined(separator: ", ")
      throw RequestError(
        405, "\(request.path) takes \(known), not \(request.method)", headers: ["Allow": known])
    }
    return route
  }
}

extension Logger {
  /// A logger that says nothing.
  public static var silent: Logger {
    Logger(label: "dpolicy", factory: { _ in SwiftLogNoOpLogHandler() })
  }
}
