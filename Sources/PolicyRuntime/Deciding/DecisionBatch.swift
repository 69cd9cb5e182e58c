public import Foundation

/// Several decisions that are asked for in one document.
///
/// `{"id": "any", "windows": [{"observations": {…}, "seed": 7}, …]}`, answered with
/// `{"answers": [{"actions": …, "horizon": 8}, …], "id": "any"}`, in their order. What is wrong
/// with one window stands in its place and is nobody else's.
public struct DecisionBatch: Sendable {
  /// The largest number of windows in one document.
  public static let largestCount = 1024

  /// What the client calls it, as JSON; it comes back with the answer.
  public let id: String?
  /// The windows, each a document of its own.
  public let documents: [Data]

  /// The document of the answer.
  ///
  /// - Parameter answers: The documents of the single answers.
  /// - Returns: The JSON document, without a newline.
  public func answer(_ answers: [Data]) -> Data {
    var document = Data("{\"answers\":[".utf8)
    for (index, answer) in answers.enumerated() {
      if index > 0 { document.append(UInt8(ascii: ",")) }
      document.append(answer)
    }
    document.append(Data("]\(id.map { ",\"id\":\($0)" } ?? "")}".utf8))
    return document
  }
}

extension DecisionFormat {
  /// The windows of a document that asks for several decisions.
  ///
  /// - Parameter document: The JSON document.
  /// - Returns: The windows; nil for a document that asks for one decision.
  /// - Throws: ``MalformedRequest`` for windows that are none.
  public func batch(_ document: Data) throws(MalformedRequest) -> DecisionBatch? {
    guard document.range(of: Data("\"windows\"".utf8)) != nil,
      let fields = Self.object(document), let windows = fields["windows"]
    else { return nil }
    let id = fields["id"].flatMap(Self.json)
    func refused(_ words: String) -> MalformedRequest {
      MalformedRequest(id: id, description: "'windows' \(words)")
    }
    if let other = fields.keys.sorted().first(where: { !["id", "windows"].contains($0) }) {
      throw refused("stands alone with an id; '\(other)' belongs into each window")
    }
    guard let list = windows as? [[String: Any]],
      (1...DecisionBatch.largestCount).contains(list.count)
    else {
      throw refused("must be a list of 1…\(DecisionBatch.largestCount) objects with observations")
    }
    let documents = list.map { Data((Self.json($0) ?? "{}").utf8) }
    return DecisionBatch(id: id, documents: documents)
  }
}
