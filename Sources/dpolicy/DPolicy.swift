import ArgumentParser
import Foundation

/// The command line tool: parses, runs one subcommand and ends with its exit status.
@main
struct DPolicy: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dpolicy",
    abstract: "Imitation learning with diffusion policies: record, train, roll out, compare.",
    discussion: """
      Results go to standard output, everything else to standard error. Exit status: 0 success, \
      64 wrong usage, 65 bad input data, 1 anything else, 130 after Ctrl-C.
      """,
    version: version,
    subcommands: [
      EnvironmentsCommand.self, RecordCommand.self, InspectCommand.self,
    ])

  static let version = "0.1.0"

  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      try checkSubcommand(arguments)
      var command = try parseAsRoot(arguments)
      try command.run()
    } catch {
      Foundation.exit(Failure(error, arguments: arguments).report())
    }
  }

  /// Refuses a mistyped subcommand, which the parser would only call unexpected.
  private static func checkSubcommand(_ arguments: [String]) throws {
    let known = configuration.subcommands.compactMap(\.configuration.commandName)
    guard let first = arguments.first, !first.hasPrefix("-"), first != "help" else { return }
    try requireKnown(first, kind: "subcommand", among: known)
  }
}
