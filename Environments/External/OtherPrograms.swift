public import EnvironmentInterface
import Foundation
import Naming

/// Environments of programs that speak the protocol of this target's page.
///
/// Names begin with how the program is found: `python:gym_pusht/PushT-v0` is an environment of
/// gymnasium, `stdio:./simulator --fast` any program. They start programs: take such names from
/// the person who gives commands, never from a file.
public enum OtherPrograms {
  /// The protocol's version.
  public static let version = 1
  /// How long an answer may take unless said otherwise.
  public static let usualTimeout = Duration.seconds(120)

  /// Whether a name is of another program's environment.
  public static func isExternal(_ name: String) -> Bool {
    name.hasPrefix(python) || name.hasPrefix(stdio)
  }

  private static let python = "python:"
  private static let stdio = "stdio:"

  /// The program of a name: `python:ID` is given to the worker of this package for Python, by the
  /// Python that `DPOLICY_PYTHON` names, else `python3`.
  static func command(of name: String) throws -> [String] {
    let words =
      name.hasPrefix(stdio)
      ? try self.words(of: String(name.dropFirst(stdio.count)))
      : [
        ProcessInfo.processInfo.environment["DPOLICY_PYTHON"] ?? "python3", "-m", "dpolicy.worker",
        String(name.dropFirst(python.count)),
      ]
    guard isExternal(name), words.last?.isEmpty == false else {
      throw UnknownName(
        kind: "kind of environment", name: name,
        known: ["python:gym_pusht/PushT-v0", "stdio:program arguments"])
    }
    return words
  }

  /// The words of a command: separated by spaces that stand in no quotes and behind no backslash.
  static func words(of command: String) throws -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Character?
    var rest = command[...]
    while let character = rest.popFirst() {
      if character == "\\", quote != "'", let next = rest.popFirst() {
        word = (word ?? "") + String(next)
      } else if character == quote {
        quote = nil
      } else if quote == nil, character == "\"" || character == "'" {
        quote = character
        word = word ?? ""
      } else if quote == nil, character.isWhitespace {
        if let word { words.append(word) }
        word = nil
      } else {
        word = (word ?? "") + String(character)
      }
    }
    guard quote == nil else {
      throw EnvironmentError.refused(reason: "'\(stdio)\(command)': a quote is not closed")
    }
    return words + (word.map { [$0] } ?? [])
  }

  /// How worlds of a name are made.
  ///
  /// Starts the program, to ask what may be chosen.
  ///
  /// - Parameters:
  ///   - name: `python:ID`, `python:ID@mapping.json`, or `stdio:COMMAND`.
  ///   - timeout: How long an answer may take; for the first this includes the program's start.
  /// - Returns: The entry, to be put into a registry.
  /// - Throws: `UnknownName` for a name of another kind, `EnvironmentError.lost` for a
  ///   program that does not start or answer, and `EnvironmentError`.
  public static func entry(
    _ name: String, timeout: Duration = usualTimeout
  ) throws -> EnvironmentEntry {
    let pool: WorkerPool
    do {
      pool = try WorkerPool(command(of: name), timeout: timeout)
    } catch EnvironmentError.lost(let reason) where reason.contains("No module named 'dpolicy'") {
      throw EnvironmentError.lost(
        reason: "\(name) needs the package for Python: pip install Scripts/python[gym]; "
          + "DPOLICY_PYTHON names the Python that has it, if that is not python3")
    } catch EnvironmentError.lost(let reason)
      where name.hasPrefix(python) && reason.contains("ended with status 127")
    {
      let named = ProcessInfo.processInfo.environment["DPOLICY_PYTHON"]
      throw EnvironmentError.lost(
        reason: "\(name) needs Python: "
          + (named.map { "DPOLICY_PYTHON is \($0), which is no program" }
            ?? "there is no python3; DPOLICY_PYTHON may name another"))
    }
    var entry = EnvironmentEntry(
      name: name, summary: pool.listing.summary, options: pool.listing.options,
      make: { try ExternalEnvironment.make(name, in: pool, options: $0) },
      makeDemonstrator: { environment in
        guard let environment = environment as? ExternalEnvironment,
          environment.description.name == name
        else {
          throw UnknownName(
            kind: "environment for the demonstrator of \(name)",
            name: environment.description.name, known: [name])
        }
        guard environment.abilities.contains(.demonstrate) else {
          throw EnvironmentError.refused(reason: "\(name) has no demonstrator")
        }
        return ExternalDemonstrator(environment)
      })
    entry.isExternal = true
    return entry
  }
}
