import ArgumentParser
import Demonstrations
import Diffusion
import EnvironmentInterface
import Evaluation
import Foundation
import Imitation

/// `dpolicy benchmark`: methods beside each other, as a table, files and pictures.
struct BenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmark",
    abstract: "Train, roll out and measure methods beside each other.",
    discussion: """
      The output folder holds results.json, results.md, results.csv, a JSON file for each training, \
      the checkpoints and the pictures. The same command again goes on where it stopped.

      Example: dpolicy benchmark --environment push --demos push.hdf5 --methods mse,diffusion \
      --seeds 3 --episodes 100 --output results
      """)

  @Option(
    name: .customLong("config"),
    help: ArgumentHelp("What is compared, in YAML; flags go before it.", valueName: "file"))
  var settings: String?

  @Option(help: "The environment, where there is no configuration.")
  var environment: String?

  @Option(help: ArgumentHelp("Its demonstrations.", valueName: "file"))
  var demos: String?

  @Option(help: ArgumentHelp("The methods.", valueName: "a,b"))
  var methods: NameList?

  @Option(help: ArgumentHelp("The networks.", valueName: "a,b"))
  var backbones: NameList?

  @Option(help: "Trainings of each method and network.")
  var seeds: Int?

  @Option(help: "Rollouts of each trained policy.")
  var episodes: Int?

  @Option(help: "Optimisation steps of each training.")
  var steps: Int?

  @Option(help: ArgumentHelp("The folder for results.", valueName: "folder"))
  var output: String

  @Option(help: "Threads; changes nothing but the time. All processors if not given.")
  var threads: Int?

  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    guard threads ?? 1 > 0 else { throw ValidationError("'--threads' must be at least 1.") }
    guard settings != nil || (environment != nil && demos != nil) else {
      throw ValidationError("Say what to compare on: --config FILE, or --environment and --demos.")
    }
  }

  func run() throws {
    let configuration = try benchmarkConfiguration()
    try configuration.check()
    for method in configuration.methods { _ = try MethodKind(named: method) }
    for backbone in configuration.backbones { _ = try BackboneKind(named: backbone) }
    Interruption.watch()
    var tasks: [BenchmarkTask] = []
    var trainer = PolicyTrainer([:], checkpoints: "\(output)/checkpoints")
    if let threads { trainer.threads = threads }
    for task in configuration.environments {
      tasks.append(
        try BenchmarkTask(
          environment: task.environment, of: .standard, demonstrations: task.demonstrations,
          options: task.options))
      trainer.configurations[task.environment] = try training(task, configuration)
    }
    let progress = BenchmarkProgress(configuration)
    trainer.shouldStop = { Interruption.isRequested }
    trainer.report = { progress.trained($0) }
    let results: BenchmarkResults
    do {
      let benchmark = Benchmark(
        configuration, tasks: tasks, packageVersion: DPolicy.version)
      results = try benchmark.run(trainer: trainer, output: output) { event in
        progress.show(event)
        if Interruption.isRequested { throw EvaluationError.stopped(during: "the benchmark") }
      }
    } catch EvaluationError.stopped(let what) {
      throw Interruption(
        description: "stopped during \(what); the same command goes on from there")
    }
    try Output.result(json ? String(decoding: results.json(), as: UTF8.self) : results.text())
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
    return configuration
  }

  /// The training of an environment: defaults, the benchmark's settings, its own.
  private func training(
    _ task: BenchmarkConfiguration.Task, _ configuration: BenchmarkConfiguration
  ) throws -> TrainingConfiguration {
    let source = settings ?? "the settings"
    var training = try configuration.training.applied(
      to: TrainingConfiguration(), source: source)
    training = try task.training.applied(to: training, source: source)
    if let steps { training.steps = steps }
    try training.validate()
    return training
  }
}
