import ArgumentParser

/// The file that a command reads its episodes from.
struct RecordedEpisodes: ParsableArguments {
  @Option(
    help: ArgumentHelp("The recorded episodes.", valueName: "file"), completion: .demonstrations)
  var demos: String
}
