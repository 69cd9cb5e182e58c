public import Foundation

/// A policy behind a line protocol: one JSON window in, one JSON chunk out.
///
/// In: `{"id": "any", "observations": {"name": [[…], …]}, "seed": 7}`, oldest first, at most the
/// observation horizon; an image is a list of bytes, flat or in rows of pixels, or in base64. Out:
/// `{"id": "any", "actions": [[…], …], "horizon": 8}` in the environment's units, or
/// `{"id": "any", "error": "…"}`. The id comes back with its answer, so that a late one is never
/// taken for a newer one. ``DecisionBatch`` asks for several at once.
public final class DecisionService {
  private let agent: EstimatingAgent
  private let format: DecisionFormat
  private let makeBatching: (() throws -> EstimatingAgent)?
  private var batching: EstimatingAgent?
  private var decisions = 0

  /// Serves a policy.
  ///
  /// - Parameters:
  ///   - policy: The policy.
  ///   - makeBatching: Makes the same policy with a larger capacity, for documents with many
  ///     windows, when the first comes; if nil, they are decided one by one.
  ///   - decodePicture: Reads PNG and JPEG files; nil where there are none.
  public convenience init(
    _ policy: Policy, batching makeBatching: (() throws -> Policy)? = nil,
    decodingPictures decodePicture: DecisionFormat.PictureDecoder? = nil
  ) {
    self.init(
      EstimatingAgent(policy),
      batching: makeBatching.map { make in { EstimatingAgent(try make()) } },
      decodingPictures: decodePicture)
  }

  /// Serves a policy that estimators tell what clients do not.
  ///
  /// - Parameters:
  ///   - agent: The policy and its estimators.
  ///   - makeBatching: Makes the same with a larger capacity, for documents with many windows, when
  ///     the first comes; if nil, they are decided one by one.
  ///   - decodePicture: Reads PNG and JPEG files; nil where there are none.
  public init(
    _ agent: EstimatingAgent, batching makeBatching: (() throws -> EstimatingAgent)? = nil,
    decodingPictures decodePicture: DecisionFormat.PictureDecoder? = nil
  ) {
    self.agent = agent
    self.makeBatching = makeBatching
    format = DecisionFormat(agent, decodingPictures: decodePicture)
  }

  /// Answers one document.
  ///
  /// Without a seed each decision draws new randomness, in the same order for every service; with
  /// one the answer is a function of window and seed.
  ///
  /// - Parameter line: The JSON document.
  /// - Returns: The JSON answer, without a newline.
  public func answer(_ line: Data) -> Data {
    do {
      if let batch = try format.batch(line) { return answer(batch) }
      let request = try format.request(line)
      do {
        let key = request.key(after: decisions)
        let actions = try agent.actions([request.window], keys: [key])[0]
        decisions += 1
        return format.answer(actions, id: request.id)
      } catch {
        return format.complaint("\(error)", id: request.id)
      }
    } catch {
      return format.complaint(error.description, id: error.id)
    }
  }

  /// Answers a batch: one call of the policy for all windows that can be decided on.
  private func answer(_ batch: DecisionBatch) -> Data {
    var answers = [Data](repeating: Data(), count: batch.documents.count)
    var asked: [(index: Int, request: DecisionRequest)] = []
    for (index, document) in batch.documents.enumerated() {
      do {
        asked.append((index, try format.request(document)))
      } catch {
        answers[index] = format.complaint(error.description, id: error.id)
      }
    }
    do {
      let keys = asked.enumerated().map { $1.request.key(after: decisions + $0) }
      let actions = try deciding(asked.count).actions(asked.map(\.request.window), keys: keys)
      decisions += asked.count
      for (entry, chunk) in zip(asked, actions) {
        answers[entry.index] = format.answer(chunk, id: entry.request.id)
      }
    } catch {
      for entry in asked {
        answers[entry.index] = format.complaint("\(error)", id: entry.request.id)
      }
    }
    return batch.answer(answers)
  }

  private func deciding(_ count: Int) throws -> EstimatingAgent {
    guard count > 1, let makeBatching else { return agent }
    let agent = try batching ?? makeBatching()
    batching = agent
    return agent
  }
}
