import ArgumentParser
import Demonstrations
import EnvironmentInterface

/// The file that a command reads its episodes from.
struct RecordedEpisodes: ParsableArguments {
  @Option(
    help: ArgumentHelp("The recorded episodes.", valueName: "file"), completion: .demonstrations)
  var demos: String

  /// Refuses a recording of another environment.
  ///
  /// - Throws: ``UsageError`` that names the right one.
  func check(_ store: DemonstrationStore, isOf entry: EnvironmentEntry) throws {
    guard let recorded = store.environment?.name, recorded != entry.name else { return }
    throw UsageError(
      "\(demos) was recorded in \(recorded), not in \(entry.name); give --environment \(recorded)")
  }
}
