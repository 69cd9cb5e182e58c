/// A sub-task as a page shows it.
struct SubtaskStatus: Encodable {
  /// What is to be done.
  let name: String
  /// After how many steps it was done; nil for not yet.
  let step: Int?

  /// The sub-tasks with the steps after which they were done, −1 for not yet.
  static func all(_ names: [String], _ completionSteps: [Int]) -> [SubtaskStatus] {
    zip(names, completionSteps).map { SubtaskStatus(name: $0, step: $1 < 0 ? nil : $1) }
  }
}
