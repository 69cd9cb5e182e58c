import ArgumentParser
import Demonstrations
import EnvironmentInterface
import Environments
import Foundation
import Naming

/// `dpolicy render`: pictures for recordings that have none.
struct RenderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "render",
    abstract: "Render pictures of recorded steps, to train policies that see.",
    usage: """
      dpolicy render [<options>] --demos <file> --environment <environment>
               --output <file>
      """,
    discussion: """
      Each step is restored from its recorded state, or from its observations, and drawn; all else \
      that was recorded is copied. The same command continues where it stopped.

      Example: dpolicy render --demos pusht_human.hdf5 --environment push-t --size 96 --output g.hdf5
      """)

  @OptionGroup var recorded: RecordedEpisodes

  @OptionGroup var selection: EnvironmentSelection

  @Option(
    help: ArgumentHelp(
      "The pictures; all that the environment has if not given.", valueName: "a,b"))
  var observations: NameList?

  @Option(help: "The side of a picture in pixels: the environment's option image_size.")
  var size: Int?

  @Option(help: ArgumentHelp("The file to write.", valueName: "file"))
  var output: String

  @Option(help: "How many episodes are drawn at once; all processors if not given.")
  var threads: Int?

  @OptionGroup var links: LinkArguments

  @Flag(help: "Print one JSON document.")
  var json = false

  /// What was drawn.
  private struct Report: Encodable {
    let path: String
    let episodes: Int
    let rendered: Int
    let pictures: [String: [Int]]
  }

  private var demos: String { recorded.demos }

  func validate() throws {
    try checkCount(threads, "--threads", atMost: LargestCount.threads)
  }

  func run() throws {
    let chosen = try selection.chosen()
    let registry = chosen.registry
    let store = try links.open(demos)
    let options = try options(for: store, of: chosen.entry)
    var environment = try registry.make(chosen.entry.name, options: options).description
    let pictures = try pictureNames(environment)
    environment.observations += try unseen(in: environment, of: store)
    guard
      URL(fileURLWithPath: output).resolvingSymlinksInPath().path
        != URL(fileURLWithPath: demos).resolvingSymlinksInPath().path
    else { throw UsageError("'--output' is the file that is read; give another") }
    Interruption.watch()
    let recorder = try DemonstrationRecorder(path: output, environment: environment)
    let before = recorder.count
    do {
      try checkBegun(before, of: store)
    } catch {
      try recorder.close()
      throw error
    }
    let progress = ProgressDisplay("render", total: store.count, unit: "episodes", done: before)
    var rendering = Rendering(pictures)
    if let threads { rendering.threads = threads }
    let (name, choices) = (environment.name, options)
    do {
      try rendering.run(store, from: before) {
        try registry.make(name, options: choices)
      } deliver: { episode in
        try recorder.append(episode)
        progress.update(recorder.count)
        return !Interruption.isRequested
      }
    } catch {
      let isEmpty = recorder.count == 0
      try? recorder.close()
      if isEmpty { try? FileManager.default.removeItem(atPath: output) }
      throw error
    }
    let count = recorder.count
    try recorder.close()
    progress.finish(count)
    if count < store.count {
      throw Interruption(
        description: "stopped with \(count) of \(counted(store.count, "episode")) in \(output); "
          + "the same command continues")
    }
    let shapes = environment.observations.filter { pictures.contains($0.name) }
    let report = Report(
      path: output, episodes: count, rendered: count - before,
      pictures: Dictionary(uniqueKeysWithValues: shapes.map { ($0.name, $0.shape) }))
    if json { return try Output.json(report) }
    let words = shapes.map { "\($0.name) \($0.shape.map(String.init).joined(separator: "×"))" }
    try Output.result(
      "\(output): \(counted(count, "episode")) with \(words.joined(separator: ", "))")
  }

  /// The options that the recording has where it is of the same environment, and those given.
  private func options(
    for store: DemonstrationStore, of entry: EnvironmentEntry
  ) throws -> [String: Double] {
    var given = try selection.assignments()
    if let size, given.updateValue(Double(size), forKey: "image_size") != nil {
      throw UsageError("'--size' and '--option image_size' say the same; give one")
    }
    try self.recorded.check(store, isOf: entry)
    let known = entry.options.map(\.name)
    let recorded = store.environment?.options.filter { known.contains($0.key) } ?? [:]
    return recorded.merging(given) { $1 }
  }

  /// What was recorded and is not seen where it is drawn: it is copied all the same.
  private func unseen(
    in environment: EnvironmentDescription, of store: DemonstrationStore
  ) throws -> [Space] {
    let seen = environment.observations.map(\.name)
    guard try !store.observationNames().allSatisfy(seen.contains) else { return [] }
    return try store.spaces().observations.filter { !seen.contains($0.name) }
  }

  /// Checks that the episodes that are there already are the first of those that are drawn.
  private func checkBegun(_ count: Int, of store: DemonstrationStore) throws {
    guard count > 0 else { return }
    let last = count - 1
    let begun = try DemonstrationStore(reading: output)
    guard count <= store.count,
      try begun.episode(last, observations: []).actions
        == store.episode(last, observations: []).actions
    else { throw UsageError("\(output) holds other episodes than \(demos); name another file") }
  }

  private func pictureNames(_ environment: EnvironmentDescription) throws -> [String] {
    let known = environment.observations.filter { $0.elementType == .uint8 }.map(\.name)
    guard !known.isEmpty else { throw UsageError("\(environment.name) has no pictures") }
    for name in observations?.names ?? [] where !known.contains(name) {
      throw UnknownName(kind: "picture of \(environment.name)", name: name, known: known)
    }
    return observations?.names ?? known
  }
}
