import Demonstrations
package import Web

extension DemonstrationBrowser {
  private struct Files: Encodable {
    let files: [StudioFolder.Item]
    /// The file that is shown first; nil for none.
    let first: String?
  }

  private struct Marked: Encodable {
    let bad: Int
  }

  /// The documents behind the browsing page.
  ///
  /// `GET /browse/files`, `GET /browse/list?file=…`, `GET /browse/keys?file=…`,
  /// `GET /browse/episode?file=…&index=…`, and `POST /browse/marks` with
  /// `{"file": "…", "bad": ["demo_3", …]}`.
  ///
  /// - Parameter first: The file that the page shows first.
  /// - Returns: The routes.
  package func routes(first: String? = nil) -> [Route] {
    [
      .get("/browse/files") { [self] _ in
        try .json(encoding: Files(files: folder.demonstrations(), first: first))
      },
      .get("/browse/list") { [self] request in
        try Self.answering { try .json(encoding: list(Self.file(request))) }
      },
      .get("/browse/keys") { [self] request in
        try Self.answering { try .json(encoding: outlook(Self.file(request))) }
      },
      .get("/browse/episode") { [self] request in
        guard let index = request.query["index"].flatMap({ Int($0) }) else {
          throw RequestError(400, "'index' must be the number of an episode")
        }
        return try Self.answering {
          try .json(encoding: episode(index, of: Self.file(request)))
        }
      },
      .post("/browse/marks") { [self] request in
        let object = try request.object()
        guard let file = object["file"] as? String, let bad = object["bad"] as? [String] else {
          throw RequestError(400, "'file' must be text, 'bad' a list of episode names")
        }
        return try Self.answering {
          try mark(bad: bad, in: file)
          return try .json(encoding: Marked(bad: bad.count))
        }
      },
    ]
  }

  private static func file(_ request: WebRequest) throws -> String {
    guard let file = request.query["file"] else { throw RequestError(400, "'file' is missing") }
    return file
  }

  /// Gives what goes wrong the status that says whose fault it is.
  private static func answering(_ body: () throws -> WebResponse) throws -> WebResponse {
    do {
      return try body()
    } catch let failure as StudioFailure {
      throw RequestError(403, failure.description)
    } catch let error as DemonstrationError {
      switch error {
      case .missingFile, .unknownEpisode: throw RequestError(404, error.description)
      case .busy: throw RequestError(409, error.description)
      default: throw RequestError(422, error.description)
      }
    }
  }
}
