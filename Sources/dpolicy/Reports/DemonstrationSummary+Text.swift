import Demonstrations
import EnvironmentInterface

extension DemonstrationSummary {
  /// The summary for people.
  var text: String {
    var lines = [
      "\(path): \(counted(episodes, "episode")), \(counted(steps, "step")), \(byteText(bytes))"
    ]
    if journalEpisodes > 0 {
      lines.append("  \(journalEpisodes) of the episodes are still in the journal beside it")
    }
    if let plan, plan.episodes > episodes {
      lines.append(
        "  a part: \(episodes) of \(counted(plan.episodes, "episode")) of 'dpolicy \(plan.command)'; "
          + "the same command continues")
    }
    lines += setAside.map { "  set aside as damaged: \($0)" }
    lines.append("  environment: \(environment ?? "not named in the file")")
    if let controlRate, controlRate > 0 {
      lines.append("  \(shortNumber(controlRate)) decisions a second")
    }
    if let lengths {
      lines.append(
        "  episode length: \(lengths.minimum) to \(lengths.maximum) steps, "
          + "half of them at most \(shortNumber(lengths.median))")
    }
    if let successes { lines.append("  successful: \(successes) of \(episodes)") }
    lines += counts("recorded by", recordedBy) + counts("mask", masks)
    if let action { lines += action.lines(role: "action") }
    for observation in observations { lines += observation.lines(role: "observation") }
    if let stateWidth { lines.append("  state: \(stateWidth) values") }
    lines += counts("behaviour", behaviours)
    lines.append("  SHA-256 of the contents: \(digest)")
    return lines.joined(separator: "\n")
  }

  private func counts(_ what: String, _ counts: [String: Int]) -> [String] {
    counts.sorted { $0.key < $1.key }.map { "  \(what) \($0.key): \($0.value)" }
  }
}

extension DemonstrationSummary.ObservedSpace {
  /// The space and the range of values of each component.
  fileprivate func lines(role: String) -> [String] {
    let shape = space.shape.map(String.init).joined(separator: "×")
    return ["  \(role) \(space.name): \(space.elementType.rawValue) [\(shape)]"]
      + zip(low, high).enumerated().map { index, range in
        let name = index < space.components.count ? space.components[index].name : ""
        let values = "\(shortNumber(Double(range.0))) to \(shortNumber(Double(range.1)))"
        return space.components.isEmpty
          ? "    all: \(values)"
          // Components of foreign files are named by their numbers.
          : "    [\(index)]\(name.isEmpty || name == "\(index)" ? "" : " \(name)"): \(values)"
      }
  }
}
