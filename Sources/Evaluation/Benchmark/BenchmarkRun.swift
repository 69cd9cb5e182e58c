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
  }

  private enum Result: Sendable {
    case report(CellReport)
    case failure(any Error)
  }

  private struct State {
    var results: [Int: Result] = [:]
    /// Why the whole run ends early.
    var end: (any Error)?
  }

  private let benchmark: Benchmark
  private let trainer: Trainer
  private let folder: OutputFolder
  private let plans: [CellPlan]
  private let report: @Sendable (Benchmark.Event) throws -> Void
  private let state = Mutex(State())
  private let reporting = Mutex(())

  init(
    benchmark: Benchmark, trainer: Trainer, folder: OutputFolder, plans: [CellPlan],
    report: @escaping @Sendable (Benchmark.Event) throws -> Void
  ) {
    self.benchmark = benchmark
    self.trainer = trainer
    self.folder = folder
    self.plans = plans
    self.report = report
  }

  /// Computes what is missing.
  ///
  /// - Throws: What stopped the run, or the first failure where nothing that was trained came to
  ///   anything.
  func outcomes() throws -> Outcome {
    var missing: [Int] = []
    for (index, plan) in plans.enumerated() {
      if let earlier = folder.report(of: plan.cell, conditions: plan.conditions) {
        state.withLock { $0.results[index] = .report(earlier) }
        try tell(.reused(plan.cell))
      } else {
        missing.append(index)
      }
    }
    compute(missing)
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
          self.compute(missing[claim.index], claim, schedule)
          schedule.finished(claim)
        }
        workers.leave()
      }
    }
    workers.wait()
  }

  private func compute(_ index: Int, _ claim: CellSchedule.Claim, _ schedule: CellSchedule) {
    let plan = plans[index]
    do {
      let result = Swift.Result { try measured(plan, claim, schedule) }
      switch result {
      case .success(let report):
        try folder.write(report)
        state.withLock { $0.results[index] = .report(report) }
        try tell(.finished(plan.cell, metrics: report.metrics))
      case .failure(let error) where schedule.isStopped || error.endsBenchmark: throw error
      case .failure(let error):
        state.withLock { $0.results[index] = .failure(error) }
        try tell(.failed(plan.cell, reason: "\(error)"))
      }
    } catch {
      let reason = (error as? Objection)?.reason ?? error
      state.withLock { $0.end = $0.end ?? reason }
      schedule.stop()
    }
  }

  private func measured(
    _ plan: CellPlan, _ claim: CellSchedule.Claim, _ schedule: CellSchedule
  ) throws -> CellReport {
    let evaluation = CellEvaluation(
      configuration: benchmark.configuration, task: plan.task, cell: plan.cell,
      threads: claim.threads)
    if plan.cell.isDemonstrations {
      return try evaluation.demonstrationsReport(conditions: plan.conditions)
    }
    let shouldStop = { @Sendable [benchmark] in schedule.isStopped || benchmark.shouldStop() }
    try told(.training(plan.cell))
    let makeAgent = try trainer.agentFactory(
      of: plan.cell, in: plan.task, threads: claim.threads, shouldStop: shouldStop)
    schedule.trained(claim)
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
  /// Whether it is no matter of one cell: somebody asked to stop, or files cannot be written.
  fileprivate var endsBenchmark: Bool {
    switch self as? EvaluationError {
    case .stopped, .file: true
    default: self is Objection
    }
  }
}
