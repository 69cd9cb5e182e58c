import ArgumentParser
import EnvironmentInterface
import Environments

/// `dpolicy environments`: what can be simulated.
struct EnvironmentsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "environments",
    abstract: "List what can be simulated, with spaces, units and options.",
    discussion: """
      With names, only those are shown; an environment of another program is shown where it is named.

      Example: dpolicy environments python:gym_pusht/PushT-v0
      """)

  /// An environment as `--json` gives it.
  private struct Listing: Encodable {
    let name: String
    let summary: String
    let options: [EnvironmentOption]
    let description: EnvironmentDescription
  }

  @Argument(
    help: ArgumentHelp("Which to show; all of this package's if none is named.", valueName: "name"),
    completion: .list(EnvironmentRegistry.standard.entries.map(\.name)))
  var names: [String] = []

  @Flag(help: "Print one JSON document.")
  var json = false

  func run() throws {
    let registry = try EnvironmentRegistry.naming(names)
    let entries = try names.isEmpty ? registry.entries : names.map(registry.entry)
    let listings = try entries.map { entry in
      Listing(
        name: entry.name, summary: entry.summary, options: entry.options,
        description: try registry.make(entry.name).description)
    }
    if json {
      try Output.json(["environments": listings])
    } else {
      try Output.result(listings.map(text).joined(separator: "\n\n"))
    }
  }

  private func text(_ listing: Listing) -> String {
    let description = listing.description
    let clock =
      description.controlRate > 0
      ? "\(shortNumber(description.controlRate)) decisions a second, " : ""
    var lines = [
      "\(listing.name): \(listing.summary)",
      "  episodes: \(clock)at most \(counted(description.episodeLimit, "step"))",
    ]
    if !description.subtasks.isEmpty {
      lines.append("  sub-tasks: \(description.subtasks.joined(separator: ", "))")
    }
    lines += spaceLines("action", description.action)
    for space in description.observations { lines += spaceLines("observation", space) }
    lines += listing.options.map {
      "  option \($0.name) = \(shortNumber($0.defaultValue)) "
        + "(\(shortNumber($0.low)) to \(shortNumber($0.high))): \($0.summary)"
    }
    return lines.joined(separator: "\n")
  }

  private func spaceLines(_ role: String, _ space: Space) -> [String] {
    let shape = space.shape.map(String.init).joined(separator: "×")
    var lines = ["  \(role) \(space.name): \(space.elementType.rawValue) [\(shape)]"]
    // Neighbours with one range and unit share a line, which begins with their indices.
    var rest = space.components[...]
    while let first = rest.first {
      let alike = rest.prefix {
        $0.low == first.low && $0.high == first.high && $0.unit == first.unit
      }
      rest = rest[alike.endIndex...]
      let last = alike.endIndex - 1
      let indices =
        alike.count == 1 ? "\(last)" : "\(alike.startIndex)–\(last)"
      let range = "\(shortNumber(Double(first.low))) to \(shortNumber(Double(first.high)))"
      let names = alike.map { $0.isAngle ? "\($0.name) (angle)" : $0.name }
      lines.append(
        "    [\(indices)] \(names.joined(separator: ", ")): \(range)"
          + (first.unit.isEmpty ? "" : " \(first.unit)"))
    }
    return lines
  }
}
