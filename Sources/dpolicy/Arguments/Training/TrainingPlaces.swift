import ArgumentParser
import Imitation

/// What a training reads and where it writes.
struct TrainingPlaces: ParsableArguments {
  @Option(
    help: ArgumentHelp("The demonstrations.", valueName: "file"),
    completion: .demonstrations)
  var demos: String?

  @Option(help: ArgumentHelp("The checkpoint folder.", valueName: "folder"), completion: .directory)
  var output: String

  @Option(
    name: .customLong("config"),
    help: ArgumentHelp("Settings in YAML; flags take precedence.", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  var settings: String?

  @Option(
    help: ArgumentHelp(
      "The recipe that settings begin with: \(Recipe.standard.map(\.name).joined(separator: ", ")),"
        + " or none.", valueName: "name"))
  var recipe: String?

  @Flag(help: "Continue the training in the output folder.")
  var resume = false
}
