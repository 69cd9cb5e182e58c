/// What a server does at one path.
///
/// A path is met as it is written, from its first slash to the query: nothing is decoded, no dots
/// are followed, so no request reaches a file that has no route.
package struct Route: Sendable {
  /// Answers a request; a ``RequestError`` that it throws is answered with its own status.
  package typealias Handler = @Sendable (WebRequest) async throws -> WebResponse
  /// Holds one conversation over a WebSocket; the connection ends when it returns.
  package typealias Conversation = @Sendable (WebSocket, WebRequest) async -> Void

  enum Kind: Sendable {
    case get(Handler)
    case post(Handler)
    case socket(Conversation)
  }

  let path: String
  let kind: Kind

  var method: String {
    if case .post = kind { "POST" } else { "GET" }
  }

  /// Answers `GET` (and `HEAD`) requests.
  package static func get(_ path: String, _ handler: @escaping Handler) -> Route {
    Route(path: path, kind: .get(handler))
  }

  /// Answers `POST` requests.
  package static func post(_ path: String, _ handler: @escaping Handler) -> Route {
    Route(path: path, kind: .post(handler))
  }

  /// Takes up WebSocket connections.
  ///
  /// - Parameters:
  ///   - path: The path.
  ///   - conversation: Called once a connection; reads ``WebSocket/messages`` until they end, which
  ///     they do when the client leaves or the server stops, and should then return. Its task is
  ///     cancelled then, too.
  /// - Returns: The route.
  package static func socket(_ path: String, _ conversation: @escaping Conversation) -> Route {
    Route(path: path, kind: .socket(conversation))
  }
}
