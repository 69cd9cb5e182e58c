import FlyingFox
package import Foundation

/// What a request is answered with.
package struct WebResponse: Sendable {
  /// The status.
  package var status: Int
  /// The body's type.
  package var contentType: String
  /// Further header fields.
  package var headers: [String: String]
  /// The body.
  package var body: Data

  /// Creates an answer.
  package init(
    status: Int = 200, contentType: String, headers: [String: String] = [:], body: Data
  ) {
    self.status = status
    self.contentType = contentType
    self.headers = headers
    self.body = body
  }

  /// A JSON document.
  ///
  /// - Parameters:
  ///   - document: The document's bytes.
  ///   - status: The status.
  /// - Returns: The answer.
  package static func json(_ document: Data, status: Int = 200) -> WebResponse {
    WebResponse(status: status, contentType: "application/json", body: document)
  }

  /// A value as a JSON document, keys in order.
  ///
  /// - Parameters:
  ///   - value: The value.
  ///   - status: The status.
  /// - Returns: The answer.
  /// - Throws: What encoding throws, such as for a number that is not finite.
  package static func json(encoding value: some Encodable, status: Int = 200) throws -> WebResponse
  {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return .json(try encoder.encode(value), status: status)
  }

  /// An error as a JSON document.
  ///
  /// - Parameter error: The error; any other than ``RequestError`` has status 500.
  /// - Returns: The answer.
  package static func failure(_ error: any Error) -> WebResponse {
    let refusal = error as? RequestError
    let status = refusal?.status ?? 500
    var response =
      (try? WebResponse.json(encoding: ["error": "\(error)"], status: status))
      ?? .json(Data(), status: status)
    response.headers = refusal?.headers ?? [:]
    return response
  }

  /// The bytes on the wire, head and body in one piece so that they leave in one packet.
  func encoded(keepsAlive: Bool, withBody: Bool) -> Data {
    var head = "HTTP/1.1 \(status) \(phrases[status] ?? "")\r\n"
    head += "Content-Type: \(contentType)\r\nContent-Length: \(body.count)\r\n"
    head += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
    for (name, value) in headers.sorted(by: { $0.key < $1.key }) { head += "\(name): \(value)\r\n" }
    head += keepsAlive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n"
    var data = Data()
    data.reserveCapacity(head.utf8.count + body.count)
    data.append(contentsOf: head.utf8)
    if withBody { data.append(body) }
    return data
  }
}

/// The words after a status in an answer's first line; they are for people's eyes.
private let phrases: [Int: String] = {
  let known: [HTTPStatusCode] = [
    .ok, .noContent, .seeOther, .notModified, .badRequest, .unauthorized, .forbidden, .notFound,
    .methodNotAllowed, .requestTimeout, .conflict, .lengthRequired, .payloadTooLarge, .uriTooLong,
    .unprocessableContent, .upgradeRequired, .tooManyRequests, .requestHeaderFieldsTooLarge,
    .internalServerError, .notImplemented, .serviceUnavailable, .httpVersionNotSupported,
  ]
  return Dictionary(uniqueKeysWithValues: known.map { ($0.code, $0.phrase) })
}()
