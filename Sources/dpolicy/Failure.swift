import ArgumentParser
import Demonstrations
import Diffusion
import EnvironmentInterface
import Evaluation
import Foundation
import Imitation
import MessagePassing
import Naming
import Neural
import Studio
import Web

/// What the shell is told at the end; values as in sysexits.h.
enum ExitStatus: Int32 {
  case success = 0
  case other = 1
  case wrongUsage = 64
  case badData = 65
  case interrupted = 130
}

/// An error as the user meets it: one clear line and an exit status.
///
/// This is the only place that maps errors to exit statuses.
struct Failure {
  let status: ExitStatus
  /// What is wrong, or the help that was asked for.
  let text: String
  /// Where to read what would be right, if that is not plain from the text.
  private var hint: String?

  /// Judges an error.
  init(_ error: any Error, arguments: [String]) {
    var isParsing = false
    switch error {
    case let error as UsageError:
      self.init(.wrongUsage, error.description)
    case let error as EnvironmentError:
      self.init(Self.status(of: error), error.description)
    case let error as UnknownName:
      self.init(.wrongUsage, error.description)
    case let error as DiffusionError:
      self.init(.wrongUsage, error.description)
    case let error as DemonstrationError:
      self.init(Self.status(of: error), error.description)
    case let error as WindowError:
      self.init(Self.status(of: error), error.description)
    case let error as RecordingError:
      self.init(Self.status(of: error), error.description)
    case let error as EvaluationError:
      self.init(Self.status(of: error), error.description)
    case let error as DamagedData:
      self.init(.badData, error.description)
    case let error as ImitationError:
      self.init(Self.status(of: error), error.description)
    case let error as NeuralError:
      self.init(Self.status(of: error), error.description)
    case let error as StudioFailure:
      self.init(.wrongUsage, error.description)
    case let error as WebServerError:
      self.init(Self.status(of: error), error.description)
    case let error as MPIRanks.JoiningError:
      self.init(.other, error.description)
    case let error as DecodingError:
      self.init(.badData, error.reason)
    case let error as Interruption:
      self.init(.interrupted, error.description)
    default:
      self.init(unfamiliar: error, arguments: arguments)
      isParsing = true
    }
    if status == .wrongUsage, isParsing || error is UsageError {
      let name = DPolicy.subcommand(of: arguments)?.configuration.commandName
      hint = "See 'dpolicy \(name.map { "\($0) " } ?? "")--help'."
    }
  }

  private init(_ status: ExitStatus, _ text: String) {
    self.status = status
    self.text = text
  }

  /// Errors of the argument parser, of Foundation, and whatever else there may be.
  private init(unfamiliar error: any Error, arguments: [String]) {
    switch DPolicy.exitCode(for: error) {
    case .success: self.init(.success, DPolicy.fullMessage(for: error))
    case .validationFailure:
      self.init(.wrongUsage, ParserMessage(error, arguments: arguments).text)
    default:
      // Foundation's own descriptions are for programmers.
      let isFoundation =
        error is CocoaError || error is POSIXError || type(of: error) == NSError.self
      self.init(.other, isFoundation ? error.localizedDescription : String(describing: error))
    }
  }

  private static func status(of error: EnvironmentError) -> ExitStatus {
    switch error {
    case .optionOutOfRange, .refused: .wrongUsage
    case .lost: .other
    default: .badData
    }
  }

  private static func status(of error: ImitationError) -> ExitStatus {
    switch error {
    case .optionOutOfRange, .alreadyThere, .cannotResume, .changedData, .tooLarge,
      .decisionsTooLarge, .noSetting, .doesNotSample:
      .wrongUsage
    case .diverged, .cannotWrite, .busy: .other
    default: .badData
    }
  }

  private static func status(of error: DemonstrationError) -> ExitStatus {
    switch error {
    case .busy, .unwritable, .closed, .nothingToRemove: .other
    case .differs, .unknownMask, .unknownEpisode: .wrongUsage
    default: .badData
    }
  }

  private static func status(of error: RecordingError) -> ExitStatus {
    switch error {
    case .badSetting: .wrongUsage
    case .missing: .badData
    case .demonstratorFails, .lost: .other
    }
  }

  private static func status(of error: WindowError) -> ExitStatus {
    switch error {
    case .invalidHorizon, .malformedAngle, .unknownAngle, .angleOutOfRange, .invalidFraction,
      .cropTooLarge, .memoryTooSmall, .malformedMark, .markOutOfRange, .markedTwice, .notDiscrete:
      .wrongUsage
    case .scratch, .outOfMemory: .other
    default: .badData
    }
  }

  private static func status(of error: WebServerError) -> ExitStatus {
    switch error {
    case .malformedHost, .missingToken, .malformedToken, .malformedOrigin: .wrongUsage
    case .cannotListen, .missingPage: .other
    }
  }

  private static func status(of error: NeuralError) -> ExitStatus {
    switch error {
    case .noThreads: .other
    default: .badData
    }
  }

  private static func status(of error: EvaluationError) -> ExitStatus {
    switch error {
    case .badSetting, .chosenElsewhere: .wrongUsage
    case .missing, .otherEnvironment: .badData
    default: .other
    }
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
      if let hint { Output.note(hint) }
    }
    return status.rawValue
  }
}
