public import Foundation

/// A request that has passed the server's bounds and its access rule.
public struct WebRequest: Sendable {
  /// The method, such as `GET`.
  public let method: String
  /// The path as it was sent, without the query.
  public let path: String
  /// The query's fields, decoded; of a field that is given twice the first.
  public let query: [String: String]
  /// The header fields; names in lower case.
  public let headers: [String: String]
  /// The body; empty if there is none.
  public var body: Data
  /// Whether the client wants to send another request over the same connection.
  let keepsAlive: Bool

  /// The body as a JSON object.
  ///
  /// - Returns: The object.
  /// - Throws: ``RequestError`` with status 400 if the body is none.
  public func object() throws -> [String: Any] {
    guard let object = try? JSONSerialization.jsonObject(with: body) as? [String: Any] else {
      throw RequestError(400, "the body is no JSON object")
    }
    return object
  }
}

/// A request that is refused: the status and what is told to the client as `{"error": "…"}`.
public struct RequestError: Error, CustomStringConvertible, Sendable {
  /// The status, 400…599.
  public let status: Int
  /// What is wrong, and what would be right.
  public let description: String
  /// Further header fields of the answer.
  let headers: [String: String]

  /// Creates an error.
  ///
  /// - Parameters:
  ///   - status: The status, 400…599.
  ///   - description: What is wrong, and what would be right.
  ///   - headers: Further header fields of the answer.
  public init(_ status: Int, _ description: String, headers: [String: String] = [:]) {
    self.status = status
    self.description = description
    self.headers = headers
  }
}
