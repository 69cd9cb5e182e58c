import Foundation
import Synchronization

/// Which cell is computed next, where several are computed side by side.
///
/// Cells that share a training wait for the first of them to train it. Where fewer cells are left
/// than threads, each gets several threads.
final class CellSchedule: Sendable {
  /// A cell to compute.
  struct Claim: Sendable {
    let index: Int
    /// How many threads it may use.
    let threads: Int
  }

  private struct State {
    var waiting: [Int]
    /// Until when cells are left alone that another process has.
    var postponed: [Int: ContinuousClock.Instant] = [:]
    var running = 0
    /// The names of the trainings that are going on, and the cells that train.
    var trainers: [String: Int] = [:]
  }

  private let threads: Int
  private let trainings: [String]
  private let hasStopped = Atomic(false)
  private let condition = NSCondition()
  // Touched only between the condition's lock and unlock.
  private nonisolated(unsafe) var state: State

  /// Plans cells.
  ///
  /// - Parameters:
  ///   - trainings: The name of each cell's training.
  ///   - threads: How many threads all cells together may use.
  init(trainings: [String], threads: Int) {
    self.trainings = trainings
    self.threads = threads
    state = State(waiting: Array(trainings.indices))
  }

  /// Whether somebody asked to stop.
  var isStopped: Bool { hasStopped.load(ordering: .relaxed) }

  /// The next cell; waits while each that is left needs a training that is going on.
  ///
  /// - Parameter jobs: How many cells are computed side by side.
  /// - Returns: The cell, whose training is the caller's until ``trained(_:)``; nil at the end.
  func next(jobs: Int) -> Claim? {
    locked { state in
      while !isStopped, !state.waiting.isEmpty {
        let now = ContinuousClock.now
        state.postponed = state.postponed.filter { $0.value > now }
        let free = state.waiting.firstIndex {
          state.trainers[trainings[$0]] == nil && state.postponed[$0] == nil
        }
        if let free {
          let index = state.waiting.remove(at: free)
          let left = state.waiting.count - state.postponed.count
          let beside = min(jobs, state.running + left + 1)
          state.running += 1
          state.trainers[trainings[index]] = index
          return Claim(index: index, threads: max(1, threads / beside))
        }
        if state.postponed.isEmpty {
          condition.wait()
        } else {
          _ = condition.wait(until: Date(timeIntervalSinceNow: 0.2))
        }
      }
      return nil
    }
  }

  /// Says that a claimed cell's training is there, for others to use.
  func trained(_ claim: Claim) {
    locked { release(claim, &$0) }
  }

  /// Says that a claimed cell is done or has failed.
  func finished(_ claim: Claim) {
    locked { state in
      state.running -= 1
      release(claim, &state)
    }
  }

  /// Says that another process has a claimed cell, which is tried again after a while.
  func postpone(_ claim: Claim, for pause: Duration) {
    locked { state in
      state.running -= 1
      release(claim, &state)
      state.waiting.append(claim.index)
      state.postponed[claim.index] = .now + pause
    }
  }

  /// Lets nobody begin another cell.
  func stop() {
    hasStopped.store(true, ordering: .relaxed)
    locked { _ in }
  }

  private func release(_ claim: Claim, _ state: inout State) {
    let name = trainings[claim.index]
    // Once it is released, another cell may hold it.
    if state.trainers[name] == claim.index { state.trainers[name] = nil }
  }

  private func locked<Result>(_ body: (inout State) -> Result) -> Result {
    condition.lock()
    defer {
      condition.broadcast()
      condition.unlock()
    }
    return body(&state)
  }
}
