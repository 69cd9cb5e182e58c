package import Foundation

/// A request that has passed the server's bounds and its access rule.
package struct WebRequest: Sendable {
  /// The method, such as `GET`.
  package let method: String
  /// The path as it was sent, without the query.
  package let path: String
  /// The query's fields, decoded; of a field that is given twice the first.
  package let query: [String: String]
  /// The query's fields as they were sent.
  let fields: [String]
  /// The header fields; names in lower case.
  package let headers: [String: String]
  /// The body; empty if there is none.
  package var body: Data
  /// The number of the connection that it came over: what comes over one has one client.
  package let connection: Int
  /// Whether the client wants to send another request over the same connection.
  let keepsAlive: Bool

  /// Whether a person asks for a page.
  var isByPerson: Bool {
    ["GET", "HEAD"].contains(method) && headers["accept"]?.contains("text/html") ?? false
  }

  /// The body as a JSON object.
  ///
  /// - Returns: The object.
  /// - Throws: ``RequestError`` with status 400 if the body is none.
  package func object() throws -> [String: Any] {
    guard let object = try? JSONSerialization.jsonObject(with: body) as? [String: Any] else {
      throw RequestError(400, "the body is not a JSON object")
    }
    return object
  }
}

/// A request that is refused: the status and what is told to the client as `{"error": "…"}`.
package struct RequestError: Error, CustomStringConvertible, Sendable {
  /// The status, 400…599.
  package let status: Int
  /// What is wrong, and what would be right.
  package let description: String
  /// Further header fields of the answer.
  let headers: [String: String]

  /// Creates an error.
  ///
  /// - Parameters:
  ///   - status: The status, 400…599.
  ///   - description: What is wrong, and what would be right.
  ///   - headers: Further header fields of the answer.
  package init(_ status: Int, _ description: String, headers: [String: String] = [:]) {
    self.status = status
    self.description = description
    self.headers = headers
  }
}
