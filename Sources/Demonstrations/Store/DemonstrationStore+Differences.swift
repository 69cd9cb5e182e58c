import EnvironmentInterface

extension DemonstrationStore {
  /// How the environment of this store differs from another; empty where they match.
  ///
  /// An option or observation that the store knows nothing of is no difference: the environment has
  /// gained it since.
  func differences(from other: EnvironmentDescription) -> [String] {
    guard let environment else {
      return [
        "the file has no description of its environment, so this package has not recorded it"
      ]
    }
    var differences: [String] = []
    func compare<Value: Equatable>(_ what: String, _ stored: Value, _ new: Value) {
      if stored != new { differences.append("\(what) was \(stored) and is \(new)") }
    }
    compare("environment", environment.name, other.name)
    for (name, stored) in environment.options.sorted(by: { $0.key < $1.key })
    where stored != other.options[name] {
      let new = other.options[name].map { "\($0)" } ?? "missing"
      differences.append("option '\(name)' was \(stored) and is \(new)")
    }
    compare("control rate", environment.controlRate, other.controlRate)
    compare("episode limit", environment.episodeLimit, other.episodeLimit)
    compare("list of sub-tasks", environment.subtasks, other.subtasks)
    if environment.action != other.action {
      differences.append(Self.difference("action space", environment.action, other.action))
    }
    for stored in environment.observations {
      guard let new = other.observations.first(where: { $0.name == stored.name }) else {
        differences.append("observation '\(stored.name)' is missing")
        continue
      }
      if stored != new {
        differences.append(Self.difference("observation '\(new.name)'", stored, new))
      }
    }
    return differences
  }

  private static func difference(_ what: String, _ stored: Space, _ new: Space) -> String {
    if stored.shape != new.shape { return "\(what) had shape \(stored.shape) and has \(new.shape)" }
    if stored.elementType != new.elementType {
      return "\(what) had elements \(stored.elementType) and has \(new.elementType)"
    }
    for (index, pair) in zip(stored.components, new.components).enumerated()
    where pair.0 != pair.1 {
      return "component \(index) of the \(what) was \(words(pair.0)) and is \(words(pair.1))"
    }
    return "\(what) is named or described otherwise"
  }

  private static func words(_ component: Space.Component) -> String {
    "\(component.name) in \(component.low)…\(component.high)"
      + (component.unit.isEmpty ? "" : " \(component.unit)")
      + (component.isAngle ? " (an angle)" : "")
  }
}
