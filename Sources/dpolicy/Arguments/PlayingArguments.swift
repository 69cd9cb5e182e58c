import ArgumentParser

/// How episodes are played, filmed and reported.
struct PlayingArguments: ParsableArguments {
  @OptionGroup var animation: AnimationArguments

  @Option(help: "Threads; results do not depend on it. All processors if not given.")
  var threads: Int?

  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    try checkCount(threads, "--threads", atMost: LargestCount.threads)
  }
}
