import Dispatch
import Foundation
import Imitation
import Synchronization

/// One run of a benchmark: takes the cells that are there and computes the others side by side.
final class BenchmarkRun<Trainer: CellTrainer>: Sendable {
  /// What came of the cells, in their order.
  struct Outcome {
    var reports: [CellReport]
    var failures: [BenchmarkResults.Failure]
    /// Those that other processes compute, or that are no part of this one's.
    var left: [BenchmarkCell] = []
  }

  private enum Result: Sendable {
    case report(CellReport)
    case failure(any Error)
  }

  private struct State {
    var results: [Int: Result] = [:]
    /// The cells of which has been told that another process computes them.
    var awaited: Set<Int> = []
    /// Why the whole run ends early.
    var end: (any Error)?
  }

  private let benchmark: Benchmark
  private let trainer: Trainer
  private let folder: OutputFolder
  private let plans: [CellPlan]
  private let shared: SharedWork?
  private let stage: SharedWork.Stage
  private let report: @Sendable (Benchmark.Event) throws -> Void
  private let state = Mutex(State())
  private let reporting = Mutex(())

  init(
    benchmark: Benchmark, trainer: Trainer, folder: OutputFolder, plans: [CellPlan],
    shared: SharedWork?, stage: SharedWork.Stage,
    report: @escaping @Sendable (Benchmark.Event) throws -> Void
  ) {
    self.benchmark = benchmark
    self.trainer = trainer
    self.folder = folder
    self.plans = plans
    self.shared = shared
    self.stage = stage
    self.report = report
  }

  /// Computes what is missing.
  ///
  /// - Throws: What stopped the run, or the first failure where nothing that was trained came to
  ///   anything.
  func outcomes() throws -> Outcome {
    var missing: [Int] = []
    for index in plans.indices {
      if try !isThere(index) { missing.append(index) }
    }
    compute(shared?.part.order(missing, of: plans, at: stage) ?? missing)
    if shared != nil, state.withLock({ $0.end == nil }) {
      // What others have finished meanwhile.
      for index in missing where state.withLock({ $0.results[index] == nil }) {
        _ = try isThere(index)
      }
    }
    let (results, end) = state.withLock { ($0.results, $0.end) }
    if let end { throw end }
    var outcome = Outcome(reports: [], failures: [])
    var first: (any Error)?
    for (index, plan) in plans.enumerated() {
      switch results[index] {
      case .report(let report): outcome.reports.append(report)
      case .failure(let error):
        first = first ?? error
        outcome.failures.append(.init(cell: plan.cell, reason: "\(error)"))
      case nil where shared != nil: outcome.left.append(plan.cell)
      case nil: throw EvaluationError.stopped(during: "computing \(plan.cell)")
      }
    }
    if let first, !outcome.reports.contains(where: { !$0.cell.isDemonstrations }) { throw first }
    return outcome
  }

  private func compute(_ missing: [Int]) {
    let schedule = CellSchedule(
      trainings: missing.map { plans[$0].training }, threads: benchmark.threads)
    let jobs = min(benchmark.jobs, missing.count)
    let workers = DispatchGroup()
    for _ in 0..<jobs {
      workers.enter()
      Thread.detachNewThread {
        while let claim = schedule.next(jobs: jobs) {
          if self.compute(missing[claim.index], claim, schedule) {
            schedule.finished(claim)
          } else {
            schedule.postpone(claim, for: self.shared?.pause ?? .zero)
          }
        }
        workers.leave()
      }
    }
    workers.wait()
  }

  /// Whether a cell has been computed, or another process has found that it cannot be.
  private func isThere(_ index: Int) throws -> Bool {
    let plan = plans[index]
    if let earlier = folder.report(of: plan.cell, conditions: plan.conditions) {
      state.withLock { $0.results[index] = .report(earlier) }
      try tell(.reused(plan.cell))
      return true
    }
    guard shared != nil,
      let failure = folder.failure(of: plan.cell, conditions: plan.conditions)
    else { return false }
    state.withLock { $0.results[index] = .failure(failure) }
    try tell(.failed(plan.cell, reason: failure.description))
    return true
  }

  /// Computes a cell, if no other process does.
  ///
  /// - Returns: Whether it is done with; false to try again later.
  private func compute(
    _ index: Int, _ claim: CellSchedule.Claim, _ schedule: CellSchedule
  ) -> Bool {
    guard let shared else {
      compute(index, claim, nil, schedule)
      return true
    }
    let plan = plans[index]
    do {
      if benchmark.shouldStop() {
        throw EvaluationError.stopped(during: "waiting for \(plan.cell)")
      }
      if try isThere(index) { return true }
      guard let hold = try shared.hold(plan, at: stage) else {
        guard shared.part.waits else { return true }
        if state.withLock({ $0.awaited.insert(index).inserted }) {
          try tell(.waiting(plan.cell, owner: shared.owner(of: plan, at: stage)))
        }
        return false
      }
      defer { hold.release() }
      // Whoever had it may have finished it just now.
      if try isThere(index) { return true }
      compute(index, claim, hold, schedule)
      return state.withLock { $0.results[index] != nil || $0.end != nil }
    } catch {
      end(error, schedule)
      return true
    }
  }

  private func end(_ error: any Error, _ schedule: CellSchedule) {
    let reason = (error as? Objection)?.reason ?? error
    state.withLock { $0.end = $0.end ?? reason }
    schedule.stop()
  }

  private func compute(
    _ index: Int, _ claim: CellSchedule.Claim, _ hold: SharedWork.Hold?, _ schedule: CellSchedule
  ) {
    let plan = plans[index]
    do {
      let result = Swift.Result { try measured(plan, claim, hold, schedule) }
      switch result {
      case .success(let report):
        try folder.write(report)
        state.withLock { $0.results[index] = .report(report) }
        try tell(.finished(plan.cell, metrics: report.metrics))
      case .failure(let error) where hold.map { $0.isLost || error.isSomeoneElses } ?? false:
        // The cell is another's now; unless all is to end, it is looked at again later.
        if schedule.isStopped || benchmark.shouldStop() { throw error }
      case .failure(let error) where schedule.isStopped || error.endsBenchmark: throw error
      case .failure(let error):
        if hold != nil {
          try folder.write(
            failure: "\(error)", of: plan.cell, conditions: plan.conditions)
        }
        state.withLock { $0.results[index] = .failure(error) }
        try tell(.failed(plan.cell, reason: "\(error)"))
      }
    } catch {
      end(error, schedule)
    }
  }

  private func measured(
    _ plan: CellPlan, _ claim: CellSchedule.Claim, _ hold: SharedWork.Hold?,
    _ schedule: CellSchedule
  ) throws -> CellReport {
    let evaluation = CellEvaluation(
      configuration: benchmark.configuration, task: plan.task, cell: plan.cell,
      threads: claim.threads)
    if plan.cell.isDemonstrations {
      return try evaluation.demonstrationsReport(conditions: plan.conditions)
    }
    let shouldStop = { @Sendable [benchmark] in
      schedule.isStopped || benchmark.shouldStop() || hold?.isLost ?? false
    }
    try told(.training(plan.cell))
    let makeAgent = try trainer.agentFactory(
      of: plan.cell, in: plan.task, threads: claim.threads, shouldStop: shouldStop)
    schedule.trained(claim)
    hold?.trained()
    let makeStoppable = { @Sendable in
      try StoppableAgent(makeAgent(), shouldStop: shouldStop, activity: "rollouts of \(plan.cell)")
    }
    return try evaluation.report(of: makeStoppable, conditions: plan.conditions) {
      try told(.rolledOut(plan.cell, episodes: $0, of: benchmark.configuration.episodes))
    }
  }

  private func tell(_ event: Benchmark.Event) throws {
    try reporting.withLock { _ in try report(event) }
  }

  /// Tells of an event from within a cell: what the listener throws is not a failure of the cell.
  private func told(_ event: Benchmark.Event) throws {
    do {
      try tell(event)
    } catch {
      throw Objection(reason: error)
    }
  }
}

/// What a listener threw, which ends the run.
private struct Objection: Error {
  let reason: any Error
}

extension Error {
  /// Whether another process writes the training's checkpoint.
  fileprivate var isSomeoneElses: Bool {
    if case .busy = self as? ImitationError { true } else { false }
  }

  /// Whether it is no matter of one cell: somebody asked to stop, or files cannot be written.
  fileprivate var endsBenchmark: Bool {
    switch self as? EvaluationError {
    case .stopped, .file: true
    default: self is Objection
    }
  }
}
