import ArgumentParser
import Demonstrations
import Diffusion
import EnvironmentInterface
import Evaluation
import Foundation

/// What the shell is told at the end; values as in sysexits.h.
enum ExitStatus: Int32 {
  case success = 0
  case other = 1
  case wrongUsage = 64
  case badData = 65
  case interrupted = 130
}

/// An error as the user meets it: one clear line and an exit status. The only place that maps them.
struct Failure {
  let status: ExitStatus
  /// What is wrong, or the help that was asked for.
  let text: String
  /// The subcommand whose help explains what would be right.
  private var command = ""

  /// Judges an error.
  init(_ error: any Error, arguments: [String]) {
    switch error {
    case let error as UsageError:
      self.init(.wrongUsage, error.description)
    case let error as EnvironmentError:
      self.init(Self.status(of: error), error.description)
    case let error as DiffusionError:
      self.init(.wrongUsage, error.description)
    case let error as DemonstrationError:
      self.init(Self.status(of: error), error.description)
    case let error as WindowError:
      self.init(.badData, error.description)
    case let error as EvaluationError:
      self.init(Self.status(of: error), error.description)
    case let error as Interruption:
      self.init(.interrupted, error.description)
    default:
      self.init(unfamiliar: error)
    }
    if status == .wrongUsage { command = Self.subcommand(in: arguments) }
  }

  private init(_ status: ExitStatus, _ text: String) {
    self.status = status
    self.text = text
  }

  /// Errors of the argument parser, of Foundation, and whatever else there may be.
  private init(unfamiliar error: any Error) {
    switch DPolicy.exitCode(for: error) {
    case .success: self.init(.success, DPolicy.fullMessage(for: error))
    case .validationFailure: self.init(.wrongUsage, DPolicy.message(for: error))
    default:
      let described = error as? any CustomStringConvertible
      self.init(.other, described?.description ?? error.localizedDescription)
    }
  }

  private static func status(of error: EnvironmentError) -> ExitStatus {
    switch error {
    case .unknownName, .optionOutOfRange: .wrongUsage
    default: .badData
    }
  }

  private static func status(of error: DemonstrationError) -> ExitStatus {
    switch error {
    case .busy, .unwritable, .closed: .other
    case .differs, .unknownMask, .unknownEpisode: .wrongUsage
    default: .badData
    }
  }

  private static func status(of error: EvaluationError) -> ExitStatus {
    switch error {
    case .badSetting: .wrongUsage
    case .missing: .badData
    default: .other
    }
  }

  private static func subcommand(in arguments: [String]) -> String {
    let known = DPolicy.configuration.subcommands.compactMap(\.configuration.commandName)
    return arguments.first.flatMap { known.contains($0) ? "\($0) " : nil } ?? ""
  }

  /// Prints the message where it belongs.
  ///
  /// - Returns: The exit status.
  func report() -> Int32 {
    if status == .success {
      print(text)
    } else {
      let line = text.hasPrefix("Error: ") ? String(text.dropFirst("Error: ".count)) : text
      Output.note("dpolicy: \(line)")
      if status == .wrongUsage { Output.note("See 'dpolicy \(command)--help'.") }
    }
    return status.rawValue
  }
}
