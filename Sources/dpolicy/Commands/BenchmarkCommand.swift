import ArgumentParser
import Demonstrations
import Diffusion
import EnvironmentInterface
import Environments
import Evaluation
import Foundation
import Imitation
import Naming

/// `dpolicy benchmark`: methods beside each other, as a table, files and pictures.
struct BenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmark",
    abstract: "Train methods, roll them out and compare them.",
    discussion: """
      The output folder holds report.html (tables, learning curves and pictures in one page), \
      results.json, results.md, results.csv, a JSON file for each training, the checkpoints and the \
      pictures. The same command continues where it stopped. A sweep varies settings: those of \
      sampling (policy.sampler…) share a training, others are trained one by one.

      Several processes share the cells of one benchmark by --part, on one machine or on machines \
      that see the same folder; in an array of Slurm's jobs the part is the task's. With --list \
      each cell is a command line of its own.

      Example: dpolicy benchmark --environment push --demos push.hdf5 --methods mse,diffusion \
      --seeds 3 --episodes 100 --output results
      """)

  @Option(
    name: .customLong("config"),
    help: ArgumentHelp("What is compared, in YAML; flags take precedence.", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  var settings: String?

  @Option(
    help: "The environment, where there is no configuration.",
    completion: .list(EnvironmentRegistry.standard.entries.map(\.name)))
  var environment: String?

  @Option(
    help: ArgumentHelp("Its demonstrations.", valueName: "file"),
    completion: .demonstrations)
  var demos: String?

  @Option(
    help: ArgumentHelp("The methods.", valueName: "a,b"),
    completion: .list(MethodRegistry.standard.names))
  var methods: NameList?

  @Option(
    help: ArgumentHelp("The networks.", valueName: "a,b"),
    completion: .list(BackboneRegistry.standard.names))
  var backbones: NameList?

  @Option(help: "Trainings of each method and network.")
  var seeds: Int?

  @Option(help: "Rollouts of each trained policy.")
  var episodes: Int?

  @Option(help: "Optimisation steps of each training.")
  var steps: Int?

  @Option(
    help: ArgumentHelp(
      "A setting to vary, such as policy.sampler.noise_steps.count=2,5,10; several are combined into a grid.",
      valueName: "path=a,b"))
  var sweep: [String] = []

  @OptionGroup var assignments: SettingArguments

  @OptionGroup var links: LinkArguments

  @Option(
    help: ArgumentHelp("The folder for results.", valueName: "folder"), completion: .directory)
  var output: String

  @Option(help: "Trainings side by side; all threads if not given. Results do not depend on it.")
  var jobs: Int?

  @Option(help: "Threads of all jobs; results do not depend on it. All processors if not given.")
  var threads: Int?

  @OptionGroup(title: "Sharing") var sharing: SharingArguments

  @Option(
    help: ArgumentHelp(
      "Compute nothing; collect the finished cells of these benchmarks, without pictures.",
      valueName: "folder,folder"))
  var collect: NameList?

  @Flag(help: "Compute nothing; remake the page and pictures from what is in the folder.")
  var reportOnly = false

  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    try checkCount(jobs, "--jobs", atMost: LargestCount.threads)
    try checkCount(threads, "--threads", atMost: LargestCount.threads)
    guard reportOnly || collect != nil || settings != nil || (environment != nil && demos != nil)
    else {
      throw ValidationError("Say what to compare on: --config FILE, or --environment and --demos.")
    }
  }

  /// Tells once what was measured to be bad, but for what is swept on purpose.
  private func caution(of cells: [BenchmarkCell], _ trainer: PolicyTrainer) throws {
    var told: Set<String> = []
    for cell in cells where !cell.isDemonstrations && cell.variant.isEmpty {
      for caution in try trainer.configuration(of: cell).policy.cautions
      where told.insert("\(cell.method), \(cell.backbone): \(caution)").inserted {
        Output.note("caution: \(cell.method), \(cell.backbone): \(caution)")
      }
    }
  }

  func run() throws {
    if reportOnly { return try remakeReport() }
    if let collect { return try self.collect(collect.names) }
    let configuration = try benchmarkConfiguration()
    try configuration.check()

    Interruption.watch()
    var tasks: [BenchmarkTask] = []
    let registry = try EnvironmentRegistry.naming(configuration.environments.map(\.environment))
    var trainer = PolicyTrainer([:], checkpoints: "\(output)/checkpoints")
    trainer.methodSettings = configuration.methodTraining
    for task in configuration.environments {
      let ready = try BenchmarkTask(
        environment: task.environment, of: registry, demonstrations: task.demonstrations,
        following: links.policy, options: task.options)
      tasks.append(ready)
      let settings = try training(task, configuration)
      trainer.settings[task.environment] = settings
      trainer.configurations[task.environment] = try base(ready, settings)
    }
    var benchmark = Benchmark(configuration, tasks: tasks, packageVersion: DPolicy.version)
    benchmark.threads = threads ?? Trainer.defaultThreads
    benchmark.jobs = jobs ?? benchmark.threads
    benchmark.circumstances = Circumstances.entries
    let cells = try cells(of: benchmark, trainer)
    if sharing.list {
      let missing = try benchmark.missingCells(trainer: trainer, output: output)
      return try Output.result(SharingArguments.commands(missing).joined(separator: "\n"))
    }
    try caution(of: cells, trainer)
    let progress = BenchmarkProgress(cells: cells.count)
    benchmark.shouldStop = { Interruption.isRequested }
    trainer.report = { progress.trained($0) }
    let results: BenchmarkResults?
    do {
      if let part = try sharing.part(of: ProcessInfo.processInfo.environment) {
        results = try benchmark.run(part, trainer: trainer, output: output) { progress.show($0) }
      } else {
        results = try benchmark.run(trainer: trainer, output: output) { progress.show($0) }
      }
    } catch EvaluationError.stopped {
      progress.clear()
      throw Interruption(
        description: "stopped during the benchmark; the same command continues from there")
    }
    guard let results else {
      return Output.note(
        "this process's cells are done; whichever is the last of those that share \(output) writes "
          + "the table")
    }
    try show(results)
    if let failures = results.failures { throw IncompleteBenchmark(failures: failures) }
  }

  /// Table and protocol from whatever cells are there.
  private func collect(_ folders: [String]) throws {
    let collection = try BenchmarkCollection(folders)
    let registry = try EnvironmentRegistry.naming(environment.map { [$0] } ?? [])
    let results = try collection.results {
      try registry.make($0.name, options: $0.options)
    }
    for path in try collection.write(results, to: output) { Output.note("wrote \(path)") }
    try show(results)
  }

  /// Page and pictures from the results of an earlier run.
  private func remakeReport() throws {
    let registry = try EnvironmentRegistry.naming(environment.map { [$0] } ?? [])
    let report = try BenchmarkReport(contentsOf: output) {
      try registry.make($0.name, options: $0.options)
    }
    for path in try report.write() { Output.note("wrote \(path)") }
    try show(report.results)
  }

  private func show(_ results: BenchmarkResults) throws {
    try Output.result(json ? String(decoding: results.json(), as: UTF8.self) : results.text())
  }

  /// The cells, which are all checked before the first is computed.
  private func cells(
    of benchmark: Benchmark, _ trainer: PolicyTrainer
  ) throws -> [BenchmarkCell] {
    do {
      return try benchmark.cells(trainer: trainer)
    } catch let error as DecodingError {
      throw UsageError("the sweep: \(error.settingReason)")
    }
  }

  private func benchmarkConfiguration() throws -> BenchmarkConfiguration {
    var configuration = BenchmarkConfiguration(environments: [])
    if let settings { configuration = try ConfigurationFile.load(settings, over: configuration) }
    if let environment, let demos {
      configuration.environments = [.init(environment: environment, demonstrations: demos)]
    }
    if let methods { configuration.methods = methods.names }
    if let backbones { configuration.backbones = backbones.names }
    if let seeds { configuration.seeds = seeds }
    if let episodes { configuration.episodes = episodes }
    if !sweep.isEmpty { configuration.sweep = try sweep.map(SettingArguments.sweep) }
    var own: [(path: String, value: Settings.Value)] = []
    if let steps { own.append(("steps", .integer(steps))) }
    own += try assignments.settings()
    for index in configuration.environments.indices {
      for (path, value) in own {
        let merged = configuration.environments[index].training.merging(
          Settings(path: path, value))
        configuration.environments[index].training = merged
      }
    }
    return configuration
  }

  /// What trainings start from: they look at what the environment shows, if more was recorded.
  private func base(_ task: BenchmarkTask, _ settings: Settings) throws -> TrainingConfiguration {
    var base = TrainingConfiguration()
    let said = settings.value(at: "policy.observations")
    if said == nil, let shared = try task.sharedObservations() {
      base.policy.observations = shared
      Output.note(
        "\(task.name): policies look at \(shared.joined(separator: ", ")): what it shows of the "
          + "demonstrations (--set policy.observations=[…] chooses)")
    }
    return base
  }

  /// The settings of an environment's trainings: the benchmark's, then its own.
  ///
  /// - Throws: ``UsageError`` for a setting that none of the methods and networks has.
  private func training(
    _ task: BenchmarkConfiguration.Task, _ configuration: BenchmarkConfiguration
  ) throws -> Settings {
    let training = configuration.training.merging(task.training)
    for leaf in training.leaves {
      let isAnyones = try configuration.methods.contains { method in
        try configuration.backbones.contains { backbone in
          try PolicyParts.standard.concerns(leaf.path, method: method, backbone: backbone)
        }
      }
      guard isAnyones else {
        throw UsageError(
          "\(leaf.path) is a setting of no method or network in this benchmark: "
            + (configuration.methods + configuration.backbones).joined(separator: ", "))
      }
    }
    return training
  }
}

/// Cells without numbers, where there are others with.
struct IncompleteBenchmark: Error, CustomStringConvertible {
  let failures: [BenchmarkResults.Failure]

  /// How many are missing, and why the first is.
  var description: String {
    let first = failures.first.map { ": \($0.cell): \($0.reason)" } ?? ""
    return "\(counted(failures.count, "cell")) of the benchmark failed\(first)"
  }
}
