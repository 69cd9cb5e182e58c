import ArgumentParser
import Foundation

/// `dpolicy inspect`: what a file or folder of ours holds.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Describe a demonstrations file.",
    discussion: "Example: dpolicy inspect push.hdf5 --verify")

  @Argument(help: "A demonstrations file.")
  var path: String

  @Flag(help: "Read everything back, images too, and check it.")
  var verify = false

  @Flag(help: "Print one JSON document.")
  var json = false

  func run() throws {
    let description = try DemonstrationsDescription(reading: path, verify: verify)
    if json {
      try Output.json(description)
    } else {
      try Output.result(description.text)
    }
  }
}
