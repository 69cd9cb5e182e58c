import Evaluation
import Foundation

/// By which command, when and on what machine something was done: for protocols.
enum Circumstances {
  /// The lines of a protocol.
  static var entries: [BenchmarkProtocol.Entry] {
    [
      .init("command", command(CommandLine.arguments)),
      .init("date", date),
      .init("machine", machine),
    ]
  }

  /// Year to minute, in universal time.
  private static var date: String {
    let full = Date.now.formatted(.iso8601)
    return full.prefix(16).replacing("T", with: " ") + " UTC"
  }

  /// A command as it can be typed again.
  static func command(_ arguments: [String]) -> String {
    (["dpolicy"] + arguments.dropFirst().map(quoted)).joined(separator: " ")
  }

  /// An argument as a shell takes it.
  static func quoted(_ argument: String) -> String {
    let plain = /[A-Za-z0-9_.,:=\/+-]+/
    return argument.wholeMatch(of: plain) != nil
      ? argument
      : "'"
        + argument.split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "'\\''") + "'"
  }

  /// The processor's name and the number of cores.
  private static var machine: String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let name = text.firstMatch(of: /model name\s*:\s*(.+)/).map { String($0.output.1) }
    let cores = ProcessInfo.processInfo.activeProcessorCount
    return "\(counted(cores, "core")) of \(name ?? "a processor without a name")"
  }
}
