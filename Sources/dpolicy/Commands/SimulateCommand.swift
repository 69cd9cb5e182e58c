import ArgumentParser
import EnvironmentInterface
import ExternalEnvironments
import Foundation

/// `dpolicy simulate`: this program's worlds, for programs in other languages.
struct SimulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Serve an environment to another program.",
    usage: "dpolicy simulate [<options>] --environment <environment> --stdio",
    discussion: """
      Requests come on standard input, answers go to standard output, framed as Demos/PROTOCOL.md \
      says; it ends with its input. gymnasium.make("dpolicy/Push-v0") of the Python package does this.

      Example: dpolicy simulate --environment push --stdio
      """)

  @OptionGroup var selection: EnvironmentSelection

  @Flag(help: "Speak over standard input and output.")
  var stdio = false

  func validate() throws {
    guard stdio else { throw ValidationError("Say how to speak: '--stdio'.") }
  }

  func run() throws {
    let chosen = try selection.chosen()
    // Whoever asks for what there is not is told before the first message.
    _ = try chosen.make()
    let server = SimulationServer(
      EnvironmentRegistry([chosen.entry]), options: chosen.options,
      program: "dpolicy \(DPolicy.version)")
    try server.run(input: STDIN_FILENO, output: STDOUT_FILENO)
  }
}
