import ArgumentParser
import Demonstrations
import EnvironmentInterface
import Environments
import Evaluation
import Foundation
import Naming
import Studio
import Web

/// `dpolicy record`: demonstrations by an environment's scripted demonstrator, or by a person.
struct RecordCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record",
    abstract: "Record demonstrations into an HDF5 file.",
    discussion: """
      Every finished episode is on disk at once. Whatever happens then, the same command continues \
      where it stopped.

      Example: dpolicy record --environment push --expert --episodes 200 --output push.hdf5

      By hand, in a browser, until Ctrl-C: \
      dpolicy record --environment push-t --human --output mine.hdf5
      """)

  @OptionGroup var selection: EnvironmentSelection

  @Flag(help: "The environment's scripted demonstrator acts.")
  var expert = false

  @Flag(help: "A person acts, in a browser, until Ctrl-C.")
  var human = false

  @Option(help: "How many episodes the file holds in the end; --expert needs it.")
  var episodes: Int?

  @Option(help: "The seed of the first attempt; the next ones count up from it.")
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("The file to write.", valueName: "file"), completion: .file())
  var output: String

  @Option(
    help: ArgumentHelp("What is recorded; all but images if not given.", valueName: "a,b"))
  var observations: NameList?

  @Flag(help: "Keep episodes that fail, too.")
  var keepFailures = false

  @Option(help: "How many episodes are simulated at once; all processors if not given.")
  var threads: Int?

  @OptionGroup(title: "Web page of --human") var place: WebArguments

  @Flag(help: "Print one JSON document.")
  var json = false

  /// What was recorded.
  private struct Report: Encodable {
    let path: String
    let episodes: Int
    let recorded: Int
    let discarded: Int
    let seconds: Double
  }

  func validate() throws {
    guard expert != human else {
      throw ValidationError(
        "Say who acts: --expert for the scripted demonstrator, or --human for a person.")
    }
    guard human || episodes != nil else {
      throw ValidationError("Say how many episodes the file holds in the end: '--episodes'.")
    }
    guard !(human && json) else {
      throw ValidationError("'--json' needs --expert.")
    }
    try checkCount(episodes, "--episodes", atMost: LargestCount.episodes)
    try checkCount(threads, "--threads", atMost: LargestCount.threads)
  }

  func run() throws {
    let chosen = try selection.chosen()
    let environment = try chosen.make()
    let names = try observationNames(environment.description)
    guard let episodes, !human else {
      return try recordByHand(chosen, environment.description, names)
    }
    let isNew = !FileManager.default.fileExists(atPath: output)
    let recorder = try DemonstrationRecorder(
      path: output, environment: environment.description)
    let start = ContinuousClock.now
    let before = recorder.count
    let discarded: Int
    do {
      discarded = try record(episodes, in: chosen, into: recorder, observations: names)
    } catch {
      let count = recorder.count
      // What was appended is safe in the journal even where merging it fails too.
      try? recorder.close()
      if isNew, count == 0 { try? FileManager.default.removeItem(atPath: output) }
      throw told(error, before: before, count: count)
    }
    let count = recorder.count
    try recorder.close()
    let damage = recorder.setAside
    damage.dropFirst().forEach { Output.note("dpolicy: \($0)") }
    if Interruption.isRequested, count < episodes {
      throw Interruption(
        description: "stopped with \(count) of \(counted(episodes, "episode")) in \(output); "
          + "the same command continues")
    }
    let report = Report(
      path: output, episodes: count, recorded: count - before, discarded: discarded,
      seconds: (ContinuousClock.now - start) / .seconds(1))
    try show(report)
    // What was asked for is done; that something recorded earlier is lost is told by the status.
    if let first = damage.first { throw first }
  }

  /// What went wrong, with what is safe all the same.
  private func told(_ error: any Error, before: Int, count: Int) -> any Error {
    switch error {
    case DemonstrationError.unwritable(let path, let reason) where count > before:
      DemonstrationError.unwritable(
        path: path, reason: "\(reason); the \(counted(count - before, "new episode")) are safe")
    case RecordingError.lost(let seed, let reason):
      RecordingError.lost(
        seed: seed,
        reason: reason + (count > 0 ? "; \(output) has \(counted(count, "episode"))" : "")
          + "; with '--seed \(seed &+ 1)' recording goes on behind it")
    default: error
    }
  }

  /// Records what is missing.
  ///
  /// - Returns: How many episodes failed and were left out.
  private func record(
    _ episodes: Int, in chosen: ChosenEnvironment, into recorder: DemonstrationRecorder,
    observations: [String]
  ) throws -> Int {
    let before = recorder.count
    guard before < episodes else { return 0 }
    var runner = Recorder(
      episodes: episodes - before, seed: try firstSeed(after: before), observations: observations)
    runner.keepsFailures = keepFailures
    if let threads { runner.threads = threads }
    Interruption.watch()
    let progress = ProgressDisplay("record", total: episodes, unit: "episodes", done: before)
    let recordedAt = ISO8601DateFormatter().string(from: Date())
    let summary = try runner.record(
      environment: { try chosen.make() },
      demonstrator: chosen.entry.makeDemonstrator
    ) { episode, summary in
      var episode = episode
      episode.attributes.recordedBy = "dpolicy \(DPolicy.version) record --expert"
      episode.attributes.recordedAt = recordedAt
      try recorder.append(episode)
      progress.update(before + summary.kept)
      return !Interruption.isRequested
    }
    progress.finish(recorder.count)
    return summary.discarded
  }

  /// The seed of the first attempt: the given one, or the one after the last episode of the file.
  private func firstSeed(after count: Int) throws -> UInt64 {
    guard count > 0 else { return seed }
    let next = try DemonstrationStore(reading: output, following: .nowhere).nextSeed(atLeast: seed)
    Output.note("\(output) has \(counted(count, "episode")); recording continues with seed \(next)")
    return next
  }

  /// Serves the recording page until Ctrl-C.
  private func recordByHand(
    _ chosen: ChosenEnvironment, _ environment: EnvironmentDescription, _ names: [String]
  ) throws {
    let access = try place.access()
    Interruption.watch()
    let (recorder, seed) = try RecordingSession.recorder(
      for: output, in: environment, seed: seed)
    recorder.setAside.forEach { Output.note("dpolicy: \($0)") }
    let before = recorder.count
    let path = URL(fileURLWithPath: output).standardizedFileURL
    let folder = try StudioFolder(path.deletingLastPathComponent().path)
    let (registry, options) = (chosen.registry, environment.options)
    let author = "dpolicy \(DPolicy.version) record --human"
    let pages = StudioPages(
      recording: LiveStation("recording") {
        let page = RecordingPage(registry, in: folder, author: author)
        if let world = try? registry.make(environment.name, options: options),
          let session = try? RecordingSession(
            in: world, into: recorder, observations: names, seed: seed, author: author)
        {
          page.use(session, recordingInto: path.path)
        }
        return page
      },
      browser: DemonstrationBrowser(folder, registry: registry),
      firstFile: folder.shown(path.path),
      watching: LiveStation("watching") {
        WatchingPage(registry, in: folder, latents: LatentPlane.encoded)
      })
    defer { try? recorder.close() }
    let server = try pages.server(access: access, logger: place.logger)
    let output = output
    try place.serve { port in
      let address = try await server.start(port: port)
      Output.note("Open \(address)record to record into \(output); Ctrl-C ends.")
      return address
    } stop: {
      await server.stop()
      try pages.stop()
      let count = recorder.count
      return "\(output) has \(counted(count, "episode")), \(count - before) of them new"
    }
  }

  private func observationNames(_ description: EnvironmentDescription) throws -> [String] {
    guard let observations else {
      return description.observations.filter { $0.elementType == .float32 }.map(\.name)
    }
    for name in observations.names {
      try requireKnown(
        name, kind: "observation of \(description.name)",
        among: description.observations.map(\.name))
    }
    return observations.names
  }

  private func show(_ report: Report) throws {
    if json { return try Output.json(report) }
    let rate = report.seconds > 0 ? Double(report.recorded) / report.seconds : 0
    let recorded =
      report.recorded == 0
      ? "none of them new" : "\(report.recorded) recorded at \(shortNumber(rate)) a second"
    try Output.result(
      "\(report.path): \(counted(report.episodes, "episode")) (\(recorded), "
        + "\(counted(report.discarded, "failed attempt")) left out)")
  }
}
