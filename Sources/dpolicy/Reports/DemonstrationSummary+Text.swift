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
    if let action { lines += action.lines(role: "action", of: episodes) }
    for observation in observations {
      lines += observation.lines(role: "observation", of: episodes)
    }
    if let stateWidth { lines.append("  state: \(stateWidth) values") }
    lines += counts("behaviour", behaviours)
    lines += unused.map { part in
      let place = part.episodes.map { " in \($0) of \(counted(episodes, "episode"))" } ?? ""
      return "  not usable: \(part.name)\(place): \(part.reason)"
    }
    lines.append("  SHA-256 of the contents: \(digest)")
    return lines.joined(separator: "\n")
  }

  private func counts(_ what: String, _ counts: [String: Int]) -> [String] {
    counts.sorted { $0.key < $1.key }.map { "  \(what) \($0.key): \($0.value)" }
  }
}

extension DemonstrationSummary.ObservedSpace {
  /// Ranges of more values than this are told as one.
  private static let mostLines = 64

  /// The space and the range of values of each component.
  fileprivate func lines(role: String, of count: Int) -> [String] {
    let shape = space.shape.map(String.init).joined(separator: "×")
    var first = "  \(role) \(space.name): \(storedType) [\(shape)]"
    if let lacking {
      first += ", in \(episodes) of \(count) episodes (not in \(lacking))"
    }
    if longer > 0 {
      first += ", one step more than actions in \(counted(longer, "episode")), which is not used"
    }
    return [first] + ranges + outlying.map { "    warning: \($0.text)" }
  }

  private var ranges: [String] {
    let isOne = space.components.isEmpty || low.count > Self.mostLines
    guard !isOne else {
      guard let low = low.min(), let high = high.max() else { return [] }
      return ["    all: \(shortNumber(low)) to \(shortNumber(high))"]
    }
    return zip(low, high).enumerated().map { index, range in
      let name = index < space.components.count ? space.components[index].name : ""
      // Components of foreign files are named by their numbers.
      let label = name.isEmpty || name == "\(index)" ? "" : " \(name)"
      return "    [\(index)]\(label): \(shortNumber(range.0)) to \(shortNumber(range.1))"
    }
  }
}

extension OutlyingValues {
  /// What is odd about them, and what helps.
  var text: String {
    let which = count == 1 ? "one value makes" : "\(count) values make"
    return "[\(index)]: \(which) more than half of the range: \(shortNumber(value)) at step \(step)"
      + " of \(episode); the others lie in \(shortNumber(others[0])) to \(shortNumber(others[1]))"
  }
}
