import ArgumentParser
import Demonstrations
import EnvironmentInterface
import Environments
import Evaluation
import Naming

/// `dpolicy replay`: recorded actions, executed again without looking.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Execute recorded actions from the recorded start and report the error over time.",
    usage: "dpolicy replay [<options>] --demos <file> --environment <environment>",
    discussion: """
      In the environment that recorded it everything comes back exactly; for a recording made \
      elsewhere, the error tells how alike the two simulators are. Errors are Euclidean distances \
      over the components of one unit.

      Example: dpolicy replay --demos pusht_human.hdf5 --environment push-t --animation human.webp
      """)

  @OptionGroup var recorded: RecordedEpisodes

  @OptionGroup var selection: EnvironmentSelection

  @Option(
    help: ArgumentHelp(
      "What is compared; by default the observations that show where everything is.",
      valueName: "a,b"))
  var observations: NameList?

  @Option(
    help: ArgumentHelp(
      "When it is compared, in seconds; 0.5,1,2,3,5,10 if not given.", valueName: "s,s"))
  var times: NameList?

  @OptionGroup var playing: PlayingArguments

  @OptionGroup var links: LinkArguments

  private var demos: String { recorded.demos }

  func validate() throws {
    for time in times?.names ?? [] where !(Double(time).map { $0 > 0 && $0 < 1e6 } ?? false) {
      throw ValidationError("'--times \(time)' must be a number of seconds above 0.")
    }
  }

  func run() throws {
    try playing.animation.checkPlace()
    let chosen = try selection.chosen()
    let store = try links.open(demos)
    // Other programs may simulate the same task under another name.
    if !chosen.entry.isExternal, let name = store.environment?.name,
      EnvironmentRegistry.standard.entries.contains(where: { $0.name == name })
    {
      try recorded.check(store, isOf: chosen.entry)
    }
    let environment = try chosen.make()
    let description = environment.description
    guard description.controlRate > 0 else {
      throw UsageError("\(description.name) has no clock, so no times at which to compare")
    }
    let start = (environment as? any ObservedStart)?.startObservations ?? []
    let flat = description.observations.filter { $0.elementType == .float32 }.map(\.name)
    let names = observations?.names ?? (start.isEmpty ? flat : start)
    let needed = names + start.filter { !names.contains($0) }
    let episodes = try (0..<store.count).map { try store.episode($0, observations: needed) }
    let seconds = times?.names.compactMap(Double.init) ?? [0.5, 1, 2, 3, 5, 10]
    var replay = Replay(
      comparing: names,
      after: seconds.map { max(1, Int(($0 * description.controlRate).rounded())) })
    if let threads = playing.threads { replay.threads = threads }
    let name = chosen.entry.name
    let progress = ProgressDisplay("replay", total: episodes.count, unit: "episodes")
    let result = try replay.run(
      episodes, environment: { try chosen.make() }, progress: { progress.update($0) })
    progress.finish(episodes.count)
    if playing.animation.path != nil {
      let shown = try Replay.film(
        of: Array(episodes.prefix(playing.animation.count)), in: environment)
      try playing.animation.write(shown, title: "\(name): replay of \(demos)", in: environment)
    }
    let report = ReplayReport(
      result, environment: description, path: demos, episodes: episodes.count, seconds: seconds)
    if playing.json { try Output.json(report) } else { try Output.result(report.text) }
  }
}
