import ArgumentParser
import EnvironmentInterface
import Environments
import Evaluation
import Foundation
import Speed

/// `dpolicy speed`: how fast this machine trains, decides and simulates.
struct SpeedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "speed",
    abstract: "Time training steps, decisions and environments on networks of fixed sizes.",
    usage: "dpolicy speed [<options>]",
    discussion: """
      Rows are named backbone-train-BATCH and backbone-decide-OBSERVATIONS; others are memory-, \
      environment- and rollouts-; -mixed has products of bfloat16s, -half weights of 16 bits, \
      -int8 of 8, -in-8 a sampler of the same quality in 8 evaluations. A row whose probe moved, or during \
      which others used the cores, says so: measure it again. Scripts/benchmark-peers compares \
      with PyTorch and JAX.

      Example: dpolicy speed --only sieve-train-512 --threads 1,2
      """)

  @Flag(help: "Print one JSON document.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "The numbers of threads of training and deciding, such as 1,2.", valueName: "n,m"))
  var threads = NumberList([1, 2])

  @Option(help: ArgumentHelp("The row, or rows whose names contain it.", valueName: "row"))
  var only: String?

  @Option(help: "For how long each row is timed.")
  var seconds: Double = 3

  @Option(
    help: ArgumentHelp(
      "Demonstrations of push for rows of memory and rollouts; recorded if not given.",
      valueName: "file"), completion: .demonstrations)
  var demos: String?

  @Option(help: .hidden, completion: .directory)
  var policy: String?

  @Flag(help: .hidden)
  var inProcess = false

  /// The results and how they came about.
  private struct Report: Codable {
    var circumstances: [String: String]
    var results: SpeedResults
  }

  func validate() throws {
    for count in threads.numbers {
      try checkCount(count, "--threads", atMost: LargestCount.threads)
    }
    guard seconds > 0, seconds <= 3600 else {
      throw ValidationError("'--seconds' must be more than 0 and at most 3600.")
    }
  }

  func run() throws {
    Interruption.watch()
    let registry = EnvironmentRegistry.standard
    let rows = try only.map { try SpeedRow.matching($0, in: registry) }
    var benchmark = SpeedBenchmark(
      registry, rows: rows, threads: threads.numbers, seconds: seconds)
    benchmark.policy = policy
    benchmark.demonstrations = demos ?? Self.standardDemonstrations
    if !inProcess {
      let options =
        ["--threads", "\(threads.numbers.max() ?? 1)"]
        + (demos.map { ["--demos", $0] } ?? [])
      benchmark.memoryElsewhere = { try Self.memory(of: $0, options + ["--policy", $1]) }
    }
    let progress = ProgressDisplay("speed", total: benchmark.figureCount, unit: "rows")
    let results = try benchmark.run { done in
      progress.update(done)
      return !Interruption.isRequested
    }
    progress.clear()
    let entries = Circumstances.entries
    if json {
      let circumstances = Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.value) })
      try Output.json(Report(circumstances: circumstances, results: results))
    } else {
      let lines = entries.map { "\($0.name): \($0.value)" }
      try Output.result(results.text + "\n" + lines.joined(separator: "\n"))
    }
    if Interruption.isRequested {
      throw Interruption(description: "stopped before everything was measured")
    }
  }

  /// Where the package keeps its demonstrations, seen from its root.
  private static var standardDemonstrations: String? {
    let path = "Demos/push.hdf5"
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }

  /// Measures the memory of a row in a process of its own.
  private static func memory(of row: SpeedRow, _ options: [String]) throws -> MemoryRow {
    let process = Process()
    process.executableURL = Bundle.main.executableURL
    process.arguments =
      ["speed", "--json", "--in-process", "--only", row.description] + options
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard process.terminationStatus == 0,
      let memory = try decoder.decode(Report.self, from: data).results.memory.first
    else {
      throw EvaluationError.missing(what: "measurement", where: row.description)
    }
    return memory
  }
}

/// Whole numbers separated by commas, as in `--threads 1,2`.
struct NumberList: ExpressibleByArgument {
  let numbers: [Int]

  init(_ numbers: [Int]) {
    self.numbers = numbers
  }

  /// Splits at commas; nil where something is not a whole number.
  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    numbers = parts.compactMap { Int($0) }
    if numbers.count < parts.count { return nil }
  }

  var defaultValueDescription: String { numbers.map(String.init).joined(separator: ",") }
}
