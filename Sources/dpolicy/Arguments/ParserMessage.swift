import ArgumentParser

/// What the argument parser says of arguments that it does not take, with what would be right.
struct ParserMessage {
  private let error: any Error
  private let arguments: [String]

  init(_ error: any Error, arguments: [String]) {
    self.error = error
    self.arguments = arguments
  }

  /// The parser's message, in one line, and behind it what it leaves open.
  var text: String {
    let message = DPolicy.message(for: error)
    if let match = message.wholeMatch(of: /The value '(.*)' is invalid for '([^ ]+) <[^>]*>'/) {
      let (value, option) = (String(match.1), String(match.2))
      return message + (needed(by: option, insteadOf: value).map { ": it must be \($0)" } ?? "")
    }
    if message.hasPrefix("Missing"), let help { return "\(message): \(help)" }
    if message.contains(/nexpected argument/) { return "\(message); \(remedyForTooMany)" }
    return message
  }

  /// What is said of an option or argument in the help, as part of a sentence.
  private var help: String? {
    let lines = DPolicy.fullMessage(for: error, columns: 10_000)
    guard let match = lines.firstMatch(of: /Help: +.*? {2,}(.+?)\.?(?:\n|$)/),
      let first = match.1.first
    else { return nil }
    // A name such as ACT keeps its letters.
    let isName = match.1.dropFirst().first?.isUppercase == true
    return (isName ? String(first) : first.lowercased()) + match.1.dropFirst()
  }

  /// What helps where more is given than a subcommand takes.
  private var remedyForTooMany: String {
    if arguments.contains(where: { $0.hasPrefix(",") || $0.hasSuffix(",") }) {
      return "lists are written without spaces, as in a,b"
    }
    guard let command = DPolicy.subcommand(of: arguments) else { return "see 'dpolicy --help'" }
    return DPolicy.helpMessage(for: command).contains("\nARGUMENTS:")
      ? "there is room for one argument, and for options"
      : "values stand behind their options, as in --name value"
  }

  /// What an option takes, found out by giving it other values; nil where that tells nothing.
  private func needed(by option: String, insteadOf value: String) -> String? {
    func takes(_ other: String) -> Bool {
      var tried: [String] = []
      for argument in arguments {
        if argument == value, tried.last == option {
          // In one word: what begins with a minus would else be taken for an option.
          tried[tried.count - 1] = "\(option)=\(other)"
        } else {
          tried.append(argument == "\(option)=\(value)" ? "\(option)=\(other)" : argument)
        }
      }
      do {
        _ = try DPolicy.parseAsRoot(tried)
        return true
      } catch {
        let refusal = "The value '\(other)' is invalid for '\(option)"
        return !DPolicy.message(for: error).hasPrefix(refusal)
      }
    }
    if takes("1,2") {
      return takes("a,b")
        ? "names separated by commas, without spaces, each once"
        : "whole numbers separated by commas, such as 1,2"
    }
    if takes("1.5") { return "a number" }
    guard takes("1") else { return nil }
    // As a person may write a thousand.
    let example = Double(value).flatMap { Int(exactly: $0) }.map { ", such as \($0)" } ?? ""
    if takes("-1") { return "a whole number\(example)" }
    let most = ["\(UInt64.max)", "\(UInt32.max)", "\(UInt16.max)"].first(where: takes)
    return "a whole number from 0\(most.map { " to \($0)" } ?? " on")"
  }
}
