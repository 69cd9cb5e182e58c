import Foundation
import Synchronization

/// How far long work has come, on standard error: a bar on a terminal, a line now and then
/// elsewhere.
final class ProgressDisplay: Sendable {
  private struct State {
    var start: ContinuousClock.Instant
    var last: ContinuousClock.Instant?
    /// What was done already when the work began, as after a resumed training.
    var first: Int
  }

  private let title: String
  private let unit: String
  private let total: Int
  private let isTerminal: Bool
  private let state: Mutex<State>

  /// Creates a display of `total` pieces called `unit`, of which `done` are done from before.
  init(_ title: String, total: Int, unit: String, done: Int = 0) {
    self.title = title
    self.unit = unit
    self.total = total
    isTerminal = isatty(STDERR_FILENO) == 1
    state = Mutex(State(start: .now, first: done))
  }

  /// Shows that `done` pieces are done; costs next to nothing where it is too early to show it.
  ///
  /// - Parameters:
  ///   - done: How many are done.
  ///   - remark: What else to show, such as the loss.
  func update(_ done: Int, remark: @autoclosure () -> String = "") {
    let rate = state.withLock { state -> Double? in
      let now = ContinuousClock.now
      let pause: Duration = isTerminal ? .milliseconds(100) : .seconds(10)
      guard now - (state.last ?? state.start) >= pause else { return nil }
      state.last = now
      return Double(done - state.first) / ((now - state.start) / .seconds(1))
    }
    guard let rate else { return }
    let parts = parts(done: done, rate: rate, remark: remark())
    guard isTerminal else {
      return write("\(title): \(parts.joined(separator: "  "))\n")
    }
    let share = min(max(Double(done) / Double(max(total, 1)), 0), 1)
    write("\r\(line(parts, share: share))\u{1B}[K")
  }

  /// Removes the bar, or says in a line how long it took.
  func finish(_ done: Int) {
    if isTerminal {
      clear()
    } else {
      let seconds = state.withLock { (ContinuousClock.now - $0.start) / .seconds(1) }
      write("\(title): \(done)/\(total) \(unit) in \(Self.clock(seconds))\n")
    }
  }

  /// Removes the bar.
  func clear() {
    if isTerminal { write("\r\u{1B}[K") }
  }

  /// What is known, the most important first.
  private func parts(done: Int, rate: Double, remark: String) -> [String] {
    var parts = ["\(done)/\(total) \(unit)"]
    if rate > 0 {
      parts.append("\(Self.clock(Double(total - done) / rate)) left")
      parts.append(String(format: rate < 10 ? "%.1f/s" : "%.0f/s", rate))
    }
    if !remark.isEmpty { parts.append(remark) }
    return parts
  }

  /// A bar and as much of what is known as stands in one line of the terminal.
  private func line(_ parts: [String], share: Double) -> String {
    func bar(_ width: Int) -> String {
      let filled = Int(share * Double(width))
      return String(repeating: "█", count: filled)
        + String(repeating: "░", count: width - filled)
    }
    var texts: [String] = []
    for count in (1...parts.count).reversed() {
      let known = parts.prefix(count).joined(separator: "  ")
      texts += [24, 12].map { "\(title) \(bar($0)) \(known)" }
    }
    let percent = "\(Int(share * 100)) %"
    texts += ["\(title) \(bar(6)) \(percent)", "\(title) \(percent)"]
    return TerminalWidth.fitting(texts, in: TerminalWidth.current)
  }

  private func write(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  /// A duration as minutes and seconds, or hours.
  private static func clock(_ seconds: Double) -> String {
    let whole = Int(min(seconds, 1e9).rounded())
    return whole < 3600
      ? String(format: "%d:%02d", whole / 60, whole % 60)
      : String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
  }
}
