import ArgumentParser
import Evaluation

/// `--part`, `--cell`, `--list`: one benchmark by several processes.
struct SharingArguments: ParsableArguments {
  @Option(
    name: .customLong("part"),
    help: ArgumentHelp(
      "Compute the I-th of N parts of the cells first, then what nobody has begun; in an array of Slurm's jobs the task's part if not given.",
      valueName: "i/n"))
  var share: String?

  @Option(
    name: .customLong("cell"),
    help: ArgumentHelp("Compute this cell alone, as --list names it.", valueName: "name"))
  var cells: [String] = []

  @Flag(help: "Compute nothing; print a command line for each missing cell.")
  var list = false

  @Flag(
    inversion: .prefixedNo,
    help: "Wait for cells that others compute, to take over those of who died.")
  var wait = true

  @Option(
    help: ArgumentHelp(
      "After how many seconds without a sign of life a cell is taken over; the same in all parts.",
      valueName: "seconds"))
  var patience: Int?

  func validate() throws {
    try checkCount(patience, "--patience", atMost: 86_400)
    if share != nil, !cells.isEmpty {
      throw ValidationError("--part and --cell are two ways to share; give one of them.")
    }
  }

  /// What this process computes of a shared benchmark.
  ///
  /// - Parameter environment: The process's variables, in which Slurm says which task it is.
  /// - Returns: The part; nil where it computes all alone.
  /// - Throws: `EvaluationError` for a part that cannot be.
  func part(of environment: [String: String]) throws -> BenchmarkPart? {
    var part: BenchmarkPart?
    if !cells.isEmpty {
      part = try BenchmarkPart(.cells(cells))
    } else if let share {
      let numbers = share.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
      guard numbers.count == 2, let index = numbers[0], let count = numbers[1] else {
        throw UsageError("--part is '\(share)', but must be like 1/4: the first of four parts")
      }
      part = try BenchmarkPart(.part(index, of: count))
    } else {
      part = BenchmarkPart(slurm: environment)
    }
    part?.waits = wait
    if let patience { part?.patience = .seconds(patience) }
    return part
  }

  /// This command once for each cell, as a shell takes it.
  static func commands(
    _ cells: [String], arguments: [String] = CommandLine.arguments
  ) -> [String] {
    let words = arguments.filter { $0 != "--list" }.map(Circumstances.quoted)
    return cells.map { (words + ["--cell", Circumstances.quoted($0)]).joined(separator: " ") }
  }
}
