import ArgumentParser
import Imitation
import Naming

/// The flags of a training that say what learns it.
struct NetworkArguments: ParsableArguments {
  @Option(
    help: "The network: \(BackboneRegistry.standard.names.joined(separator: ", ")).",
    completion: .list(BackboneRegistry.standard.names))
  var backbone: String?

  @Option(help: "The width of hidden layers.")
  var hiddenWidth: Int?

  @Option(help: "The number of hidden layers.")
  var depth: Int?

  @Option(
    name: .customLong("entity"),
    help: ArgumentHelp(
      "A thing that a scene sees from: its observation, where its x stands and, if it turns, its angle;"
        + " may be repeated, and is needed for files without an environment.",
      valueName: "name=observation:x:angle"))
  var entities: [String] = []

  @Option(
    name: .customLong("view"),
    help: ArgumentHelp(
      "Entities that a scene looks from, each towards each of others, in place of every one on its"
        + " own; may be repeated.",
      valueName: "a,b>c,d", visibility: .hidden))
  var views: [String] = []
}
