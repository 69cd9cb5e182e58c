import Evaluation
import Synchronization

/// How far a benchmark has come: a bar for each training, a line for each finished cell.
final class BenchmarkProgress: Sendable {
  private struct State {
    var current: (cell: BenchmarkCell, display: ProgressDisplay)?
    var finished = 0
  }

  private let total: Int
  private let state = Mutex(State())

  init(_ configuration: BenchmarkConfiguration) {
    let columns = configuration.methods.count * configuration.backbones.count + 1
    total = configuration.environments.count * columns * configuration.seeds
  }

  /// Shows a training's step.
  func trained(_ cell: BenchmarkCell, step: Int, total: Int) {
    state.withLock { state in
      let current = state.current.flatMap { $0.cell == cell ? $0.display : nil }
      let display =
        current ?? ProgressDisplay("\(cell)", total: total, unit: "steps", done: step - 1)
      state.current = (cell, display)
      display.update(step)
    }
  }

  /// Shows what has happened.
  func show(_ event: Benchmark.Event) {
    switch event {
    case .training, .rolledOut: break
    case .reused(let cell): finish(cell, "is there already")
    case .finished(let cell, let metrics):
      let keys = ["success", "action_wasserstein", "state_wasserstein"]
      let figures = keys.compactMap { key in
        metrics[key].map { "\(key) \(shortNumber($0))" }
      }
      finish(cell, figures.joined(separator: ", "))
    case .wrote(let path): Output.note("wrote \(path)")
    }
  }

  private func finish(_ cell: BenchmarkCell, _ text: String) {
    let number = state.withLock { state in
      state.current?.display.clear()
      state.current = nil
      state.finished += 1
      return state.finished
    }
    Output.note("[\(number)/\(total)] \(cell): \(text)")
  }
}
