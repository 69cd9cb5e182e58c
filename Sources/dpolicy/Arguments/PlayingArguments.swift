import ArgumentParser

/// How episodes are played, filmed and reported.
struct PlayingArguments: ParsableArguments {
  @OptionGroup var animation: AnimationArguments

  @Option(help: "Threads; changes nothing but the time. All processors if not given.")
  var threads: Int?

  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    guard threads ?? 1 > 0 else { throw ValidationError("'--threads' must be at least 1.") }
  }
}
