import ArgumentParser
import EnvironmentInterface
import Foundation
import Imitation
import Naming

/// The command line tool: parses, runs one subcommand and ends with its exit status.
@main
struct DPolicy: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dpolicy",
    abstract: "Imitation learning with diffusion policies: record, train, roll out, compare.",
    discussion: """
      Results go to standard output, everything else to standard error. Exit status: 0 success, \
      64 wrong usage, 65 bad input data, 1 anything else, 130 after Ctrl-C.

      For completion in bash: dpolicy --generate-completion-script bash > \
      ~/.local/share/bash-completion/completions/dpolicy. The same for zsh (into ~/.zfunc/_dpolicy) \
      and fish (~/.config/fish/completions/dpolicy.fish). Scripts/manual writes a manual page.
      """,
    version: version,
    subcommands: [
      EnvironmentsCommand.self, RecordCommand.self, InspectCommand.self, TrainCommand.self,
      DistillCommand.self, ImportWeightsCommand.self, RolloutCommand.self, ReplayCommand.self,
      RenderCommand.self, EvaluateCommand.self, EncodeCommand.self, BenchmarkCommand.self,
      ActCommand.self, ServeCommand.self, StudioCommand.self, SimulateCommand.self,
      SpeedCommand.self,
    ])

  static let version = PackageVersion.current

  static func main() {
    // A limit on the size of files is an error to be told, as a full disk is, and no sudden end.
    signal(SIGXFSZ, SIG_IGN)
    let arguments = joinedNumbers(Array(CommandLine.arguments.dropFirst()))
    do {
      try checkNames(in: arguments)
      var command = try parseAsRoot(arguments)
      try command.run()
    } catch {
      Foundation.exit(Failure(error, arguments: arguments).report())
    }
  }

  /// The subcommand that arguments begin with, if it is one.
  static func subcommand(of arguments: [String]) -> (any ParsableCommand.Type)? {
    configuration.subcommands.first { $0.configuration.commandName == arguments.first }
  }

  /// Ties negative numbers to the options before them: the parser takes `-1` for a flag.
  private static func joinedNumbers(_ arguments: [String]) -> [String] {
    arguments.reduce(into: []) { result, argument in
      if let option = result.last, option.hasPrefix("--"), !option.contains("="),
        argument.hasPrefix("-"), Double(argument) != nil
      {
        result[result.count - 1] = "\(option)=\(argument)"
      } else {
        result.append(argument)
      }
    }
  }

  /// Refuses mistyped subcommands and flags, and names the nearest.
  ///
  /// The parser itself complains about a required option that is missing before it says that the
  /// one which was given is mistyped.
  private static func checkNames(in arguments: [String]) throws {
    // Three dashes are how shells ask for completions.
    guard let first = arguments.first, first != "help", !first.hasPrefix("---") else { return }
    let isNamed = !first.hasPrefix("-")
    guard let command = isNamed ? subcommand(of: arguments) : self else {
      throw UnknownName(
        kind: "subcommand", name: first,
        known: configuration.subcommands.compactMap { $0.configuration.commandName })
    }
    let help = helpMessage(for: command, includeHidden: true)
    let known =
      help.matches(of: /--[a-z][a-z-]*/).map { String($0.output) }
      + ["--help-hidden", "--experimental-dump-help"]
    for argument in arguments.dropFirst(isNamed ? 1 : 0).prefix(while: { $0 != "--" }) {
      let name = String(argument.prefix { $0 != "=" })
      guard name.hasPrefix("-"), name != "-", name != "-h", !known.contains(name) else { continue }
      let meant = meant(by: name, among: known).map { "'\($0)'" }.joined(separator: " or ")
      throw UsageError(
        "there is no option '\(name)'" + (meant.isEmpty ? "" : "; did you mean \(meant)?"))
    }
  }

  /// The options that a mistyped one may stand for: what begins with it, else the nearest.
  private static func meant(by name: String, among known: [String]) -> [String] {
    let start = name.hasPrefix("--") ? name : "-\(name)"
    let begun = Set(known.filter { $0.hasPrefix(start) && start.count > 2 })
    if !begun.isEmpty {
      return Array(begun.sorted { ($0.count, $0) < ($1.count, $1) }.prefix(3))
    }
    return nearestName(to: start, among: known).map { [$0] } ?? []
  }
}
