import Evaluation
import Foundation
import Synchronization

/// How far a benchmark has come: a line for each finished cell, and how far those are that are
/// being computed: one changing line on a terminal, a line each now and then elsewhere.
final class BenchmarkProgress: Sendable {
  /// A cell that is being computed.
  private struct Flight {
    let start = ContinuousClock.now
    /// Its last line, where there is no terminal.
    var last = ContinuousClock.now
    var text = "begins"
  }

  private struct State {
    var flights: [(cell: BenchmarkCell, flight: Flight)] = []
    var finished = 0
    var lastDrawn: ContinuousClock.Instant?
  }

  private let total: Int
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let state = Mutex(State())

  /// Creates the display of a benchmark of so many cells.
  init(cells total: Int) {
    self.total = total
  }

  /// Shows how far a training is.
  func trained(_ progress: PolicyTrainer.Progress) {
    update(
      progress.cell,
      "step \(progress.step)/\(progress.steps), loss \(shortNumber(progress.loss))")
  }

  /// Shows what has happened.
  func show(_ event: Benchmark.Event) {
    switch event {
    case .training(let cell): state.withLock { $0.flights.append((cell, Flight())) }
    case .rolledOut(let cell, let episodes, let total):
      update(cell, "rollout \(episodes)/\(total)")
    case .reused(let cell): finish(cell, "is there already")
    case .waiting(let cell, let owner):
      clear()
      Output.note("\(cell): \(owner) computes it")
    case .finished(let cell, let metrics):
      let shown: [Metric] = [.success, .actionWasserstein, .stateWasserstein]
      let figures = shown.map(\.key).compactMap { key in
        metrics[key].map { "\(key) \(shortNumber($0))" }
      }
      finish(cell, figures.joined(separator: ", "))
    case .failed(let cell, let reason): finish(cell, "failed: \(reason)")
    case .wrote(let path):
      clear()
      Output.note("wrote \(path)")
    }
  }

  /// Removes the changing line.
  func clear() {
    if isTerminal { write("\r\u{1B}[K") }
  }

  private func update(_ cell: BenchmarkCell, _ text: String) {
    state.withLock { state in
      guard let index = state.flights.firstIndex(where: { $0.cell == cell }) else { return }
      let now = ContinuousClock.now
      state.flights[index].flight.text = text
      if isTerminal {
        guard now - (state.lastDrawn ?? now - .seconds(1)) >= .milliseconds(100) else { return }
        state.lastDrawn = now
        draw(state)
      } else if now - state.flights[index].flight.last >= .seconds(30) {
        state.flights[index].flight.last = now
        write("\(cell): \(text)\n")
      }
    }
  }

  private func finish(_ cell: BenchmarkCell, _ text: String) {
    state.withLock { state in
      var took = ""
      if let index = state.flights.firstIndex(where: { $0.cell == cell }) {
        let flight = state.flights.remove(at: index).flight
        let seconds = (ContinuousClock.now - flight.start) / .seconds(1)
        took = " (\(Int(seconds.rounded())) s)"
      }
      state.finished += 1
      clear()
      Output.note("[\(state.finished)/\(total)] \(cell): \(text)\(took)")
      if isTerminal, !state.flights.isEmpty { draw(state) }
    }
  }

  /// Draws the changing line, no wider than the terminal.
  private func draw(_ state: State) {
    let flights = state.flights.map { "\($0.cell): \($0.flight.text)" }
    let line = "[\(state.finished)/\(total)] " + flights.joined(separator: "  |  ")
    write("\r\(TerminalWidth.fitting([line], in: TerminalWidth.current))\u{1B}[K")
  }

  private func write(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
