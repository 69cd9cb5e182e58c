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
      "An object that the network 'scene' sees from: its observation, the index of its x and, if it"
        + " turns, of its angle; may be repeated. Needed for files without an environment.",
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
