import DurableFiles
import Foundation
import Naming

extension Benchmark {
  /// Computes a part of the cells into a folder that other processes share, on this machine or on
  /// others; whoever finds all cells there writes results and pictures.
  ///
  /// - Parameters:
  ///   - part: What this process does.
  ///   - trainer: What trains agents.
  ///   - path: The folder for the results, which all see; it is made if need be.
  ///   - report: Called with what happens, on any thread but one at a time.
  /// - Returns: The results; nil where cells are missing that others compute, or another process
  ///   writes the results.
  /// - Throws: What ``run(trainer:output:report:)`` does,
  ///   ``EvaluationError/otherParts(path:process:)`` where others compute other cells into the
  ///   folder, and `UnknownName` for a cell that there is not.
  @discardableResult
  public func run(
    _ part: BenchmarkPart, trainer: some CellTrainer, output path: String,
    report: @escaping @Sendable (Event) throws -> Void = { _ in }
  ) throws -> BenchmarkResults? {
    let definitions = try checked(trainer)
    let plans = try possiblePlans(trainer)
    if case .cells(let names) = part.share {
      let known = plans.map { $0.stage.name(of: $0.plan.cell) }
      if let other = names.first(where: { !known.contains($0) }) {
        throw UnknownName(kind: "cell", name: other, known: known)
      }
    }
    let folder = try OutputFolder(creating: path)
    let shared = try SharedWork(
      part, in: folder,
      conditions: plans.map {
        "\($0.stage) \($0.plan.cell) \($0.plan.conditions.sorted { $0 < $1 })"
      })
    defer { shared.leave() }
    guard
      let (outcome, table) = try outcome(
        trainer, definitions, folder, shared: shared, report: report),
      outcome.left.isEmpty, let claim = shared.table()
    else { return nil }
    defer { claim.release() }
    return try write(outcome, of: table, trainer, definitions, to: folder, report: report)
  }

  /// The names of the cells that are not in a folder yet.
  ///
  /// They are as ``BenchmarkPart/Share/cells(_:)`` takes them: of rivals while there are any to
  /// compare, then those of the table. Those that could not be computed are not among them.
  ///
  /// - Throws: What is wrong with the settings.
  public func missingCells(trainer: some CellTrainer, output path: String) throws -> [String] {
    let definitions = try checked(trainer)
    func missing(_ plans: [CellPlan], _ stage: SharedWork.Stage, in folder: OutputFolder)
      -> [String]
    {
      plans.filter {
        folder.report(of: $0.cell, conditions: $0.conditions) == nil
          && folder.failure(of: $0.cell, conditions: $0.conditions) == nil
      }
      .map { stage.name(of: $0.cell) }
    }
    let rivals = try rivalPlans(trainer: trainer)
    let folder = OutputFolder(reading: "\(path)/development")
    let left = missing(rivals, .rivals, in: folder)
    if !left.isEmpty { return left }
    let reports = rivals.compactMap { folder.report(of: $0.cell, conditions: $0.conditions) }
    let chosen = try choice(among: rivals, reports, definitions)
    let plans = try tasks.flatMap { try cellPlans(of: $0, trainer: trainer, chosen: chosen) }
    return missing(plans, .cells, in: OutputFolder(reading: path))
  }

  /// All cells that there may be: of rivals, and of the table with whichever of their settings.
  private func possiblePlans(
    _ trainer: some CellTrainer
  ) throws -> [(stage: SharedWork.Stage, plan: CellPlan)] {
    var all = self
    all.configuration.development = nil
    return try rivalPlans(trainer: trainer).map { (.rivals, $0) }
      + tasks.flatMap { try all.cellPlans(of: $0, trainer: trainer) }.map { (.cells, $0) }
  }
}
