public import Foundation

/// A policy behind a line protocol: one JSON window in, one JSON chunk out.
///
/// In: `{"id": "any", "observations": {"name": [[…], …]}, "seed": 7}`, oldest first, at most the
/// observation horizon; an image is a list of bytes, flat or in rows of pixels. Out:
/// `{"id": "any", "actions": [[…], …], "horizon": 8}` in the environment's units, or
/// `{"id": "any", "error": "…"}`. The id comes back with its answer, so that a late one is never
/// taken for a newer one.
public final class DecisionService {
  private let policy: Policy
  private let format: DecisionFormat
  private var decisions = 0

  /// Serves a policy.
  public init(_ policy: Policy) {
    self.policy = policy
    format = DecisionFormat(policy)
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
      let request = try format.request(line)
      do {
        let key = request.key(after: decisions)
        let actions = try policy.actions([request.window], keys: [key])[0]
        decisions += 1
        return format.answer(actions, id: request.id)
      } catch {
        return format.complaint("\(error)", id: request.id)
      }
    } catch {
      return format.complaint(error.description, id: error.id)
    }
  }
}
