import Foundation

extension EpisodeAttributes {
  /// The attributes of ours that an episode's group has, and those of that name that somebody else
  /// means otherwise, which are left out.
  init(unusable: inout [(name: String, reason: String)], reading group: borrowing HDF5Group) {
    func optional<Value>(_ name: String, _ body: () throws -> Value?) -> Value? {
      do { return try body() } catch {
        unusable.append((name, (error as? HDF5Failure)?.reason ?? "\(error)"))
        return nil
      }
    }
    self.init()
    seed = optional(Layout.seed) {
      if let signed = try group.integer(Layout.seed), signed < 0 {
        throw HDF5Failure(reason: "attribute 'seed' is \(signed), but a seed is not negative")
      }
      return try group.unsigned(Layout.seed)
    }
    success = optional(Layout.success) { try group.integer(Layout.success).map { $0 != 0 } }
    behaviour =
      optional(Layout.behaviour) {
        try Self.words(group.text(Layout.behaviour), Layout.behaviour)
      } ?? [:]
    choices =
      optional(Layout.choices) { try Self.words(group.text(Layout.choices), Layout.choices) } ?? [:]
    completionSteps =
      optional(Layout.completionSteps) {
        try group.integers(Layout.completionSteps)?.map { Int($0) }
      } ?? []
    recordedBy = optional(Layout.recordedBy) { try group.text(Layout.recordedBy) }
    recordedAt = optional(Layout.recordedAt) { try group.text(Layout.recordedAt) }
  }

  private static func words(_ json: String?, _ name: String) throws -> [String: String] {
    guard let json else { return [:] }
    do {
      return try JSONDecoder().decode([String: String].self, from: Data(json.utf8))
    } catch {
      throw HDF5Failure(reason: "attribute '\(name)' is not a JSON object of texts")
    }
  }
}
