import ArgumentParser
import Demonstrations
import Foundation
import Imitation
import MessagePassing
import Neural

/// `dpolicy train`: a policy from demonstrations, as a checkpoint folder.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a policy from demonstrations.",
    discussion: """
      The output folder always holds a whole checkpoint. Ctrl-C saves one; --resume continues it \
      to the same bytes as if it had never stopped. Processes that mpirun or srun starts share the \
      training, at most as many as --shards, to the same bytes.

      Without --config, --method, --backbone and --observations, settings start from the recipe of \
      the recorded environment, and other flags change them. The recipes, and what decided:

      \(Recipe.standard.map { "\($0.name): \($0.reason)." }.joined(separator: "\n\n"))

      Without a recipe: diffusion on an mlp that sees 1 observation, predicts 1 action and executes \
      it; 20000 steps of 256 windows. For chunks give the horizons, as in the example.

      Example: dpolicy train --demos push.hdf5 --method diffusion --output runs/push \
      --observation-horizon 2 --prediction-horizon 8 --action-horizon 4 --steps 5000
      """)

  @OptionGroup(title: "Input and output") var places: TrainingPlaces

  @OptionGroup var training: TrainingArguments

  @OptionGroup var links: LinkArguments

  @OptionGroup(title: "Sampling") var sampling: SamplingArguments

  @OptionGroup var assignments: SettingArguments

  @Flag(
    help: "With --resume: go on although the demonstrations have changed; both digests are noted.")
  var allowChangedData = false

  @Option(help: "Threads; results do not depend on it. All processors if not given.")
  var threads: Int?

  @Flag(help: "Print one JSON document.")
  var json = false

  private var demos: String? { places.demos }
  private var output: String { places.output }
  private var settings: String? { places.settings }
  private var recipe: String? { places.recipe }
  private var resume: Bool { places.resume }

  /// What was trained.
  private struct Report: Encodable {
    let path: String
    let steps: Int
    /// How many of the steps were taken now, and not before a resumption.
    let stepsTaken: Int
    let loss: Double?
    /// The loss of the held-out windows at the end, where there are any.
    let validationLoss: Double?
    let parameters: Int
    let windows: Int
    /// Whether the demonstrations fitted into the allowed memory.
    let inMemory: Bool
    let seconds: Double
    let stepsPerSecond: Double
  }

  func validate() throws {
    try checkCount(threads, "--threads", atMost: LargestCount.threads)
    guard demos != nil || resume else {
      throw ValidationError("Say what to train on: --demos FILE.")
    }
  }

  func run() throws {
    Interruption.watch()
    let ranks = try MPIRanks.joined(ProcessInfo.processInfo.environment)
    do {
      try train(ranks)
    } catch {
      if let ranks { end(ranks, error) }
      throw error
    }
    ranks?.leave()
  }

  /// Ends this process, and all that share the training and would wait for it.
  private func end(_ ranks: MPIRanks, _ error: any Error) -> Never {
    let failure = Failure(error, arguments: Array(CommandLine.arguments.dropFirst()))
    if error is Interruption {
      // All have agreed to stop.
      let status = ranks.rank == 0 ? failure.report() : failure.status.rawValue
      ranks.leave()
      Foundation.exit(status)
    }
    if ranks.rank > 0 {
      // What is wrong with all is told once, by the first, who ends this one.
      Thread.sleep(forTimeInterval: 2)
      Output.note("process \(ranks.rank) of \(ranks.count) that train together:")
    }
    let status = failure.report()
    ranks.abort(status: status)
    Foundation.exit(status)
  }

  private func train(_ ranks: MPIRanks?) throws {
    let (trainer, first, recipe) = try makeTrainer(ranks)
    let training = trainer.training
    let total = training.configuration.steps
    let start = ContinuousClock.now
    let progress = ProgressDisplay("train", total: total, unit: "steps", done: first)
    var losses = ""
    // Not before it has begun: what is refused is told in one line.
    var notes = recipe.map { ["the recipe of \($0.name): \($0.reason)"] } ?? []
    notes += training.data.notes.lines
    notes += training.configuration.policy.cautions.map { "caution: \($0)" }
    if training.configuration.precision == .mixed, !Processor.gainsByMixedPrecision {
      notes.append(
        "caution: this processor multiplies bfloat16s no faster than floats;"
          + " '--precision single' takes less time")
    }
    if first == 0, let advice = adviceOnChunks(training) { notes.append(advice) }
    let isFirst = trainer.isFirst
    if !isFirst { notes = [] }
    func tellNotes() {
      notes.forEach(Output.note)
      notes = []
    }
    let outcome = try trainer.run(
      output: output, resume: resume, allowsChangedData: allowChangedData
    ) {
      losses = words($0.loss, lastValidation(trainer)) + figures($0)
    } shouldStop: {
      tellNotes()
      if isFirst { progress.update(training.state.step, remark: losses) }
      return Interruption.isRequested
    }
    tellNotes()
    if isFirst, training.state.step > first { progress.finish(training.state.step) }
    trainer.warnings.forEach(Output.note)
    if outcome == .stopped {
      throw Interruption(
        description: "stopped at step \(training.state.step) of \(total); continue with: "
          + "dpolicy train --resume --output \(output)")
    }
    if !isFirst { return }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    try show(
      Report(
        path: output, steps: training.state.step, stepsTaken: training.state.step - first,
        loss: trainer.metrics.last?.loss, validationLoss: lastValidation(trainer),
        parameters: training.table.trainedCount,
        windows: training.data.count, inMemory: training.data.isInMemory, seconds: seconds,
        stepsPerSecond: Double(training.state.step - first) / seconds))
  }

  /// What does better than single actions, which are the default for the sake of old command lines;
  /// nil where horizons were chosen, or chunks would not fit into the episodes.
  private func adviceOnChunks(_ training: Training) -> String? {
    guard let chunks = try? Horizons(observation: 2, prediction: 16, action: 8),
      // What is estimated is one step's.
      training.configuration.actions == nil,
      training.configuration.policy.horizons == .single,
      (try? training.data.windows(chunks)) != nil
    else { return nil }
    var other = TrainingConfiguration()
    other.policy.horizons = chunks
    // Whatever is laid over these horizons leaves them as they are where none are chosen.
    guard (try? configured(other))?.policy.horizons == chunks else { return nil }
    let backbone = training.configuration.policy.backbone is MLP ? "--backbone sieve " : ""
    return "caution: one action at a time, as no horizons are given; chunks usually do better:"
      + " \(backbone)--observation-horizon 2 --prediction-horizon 16 --action-horizon 8"
  }

  /// The latest loss of held-out windows.
  private func lastValidation(_ trainer: Trainer) -> Double? {
    trainer.metrics.lazy.reversed().compactMap(\.validationLoss).first
  }

  /// What the method watches besides.
  private func figures(_ line: TrainingMetrics) -> String {
    (line.figures ?? [:]).sorted { $0.key < $1.key }
      .map { ", \($0.key) \(shortNumber($0.value))" }.joined()
  }

  private func words(_ loss: Double, _ validation: Double?) -> String {
    "loss \(shortNumber(loss))" + (validation.map { ", held out \(shortNumber($0))" } ?? "")
  }

  /// The trainer, how many steps have been taken already, and the recipe that it began with.
  private func makeTrainer(
    _ ranks: MPIRanks?
  ) throws -> (trainer: Trainer, first: Int, recipe: Recipe?) {
    var configuration = TrainingConfiguration()
    var path = demos
    var first = 0
    var earlier: Checkpoint?
    if resume, FileManager.default.fileExists(atPath: output) {
      let checkpoint = try Checkpoint(contentsOf: output)
      earlier = checkpoint
      configuration = checkpoint.configuration
      path = path ?? checkpoint.provenance.demonstrations
      first = checkpoint.step
    }
    guard let path else {
      throw UsageError("\(output): there is nothing to resume; say what to train on: --demos FILE")
    }
    let store: DemonstrationStore
    do {
      store = try links.open(path)
    } catch {
      // What does not go together is told before what cannot be read.
      _ = try configured(configuration)
      throw error
    }
    let recipe = earlier == nil ? try chosenRecipe(store) : nil
    configuration = try configured(recipe?.configuration ?? configuration)
    let trainer = try Trainer(
      configuration, demonstrations: store,
      normalizer: earlier.flatMap {
        $0.configuration.policy == configuration.policy ? $0.normalizer : nil
      }, threads: threads ?? Trainer.defaultThreads, ranks: ranks)
    return (trainer, first, recipe)
  }

  /// Settings with those of the file and of the flags over them, checked.
  private func configured(_ start: TrainingConfiguration) throws -> TrainingConfiguration {
    var configuration = start
    if let settings { configuration = try ConfigurationFile.load(settings, over: configuration) }
    configuration = try training.applied(to: configuration)
    configuration = try assignments.applied(to: configuration)
    if let sampler = try sampling.applied(to: configuration.policy) {
      configuration.policy.method = try configuration.policy.method.sampled(by: sampler)
    }
    try configuration.validate()
    return configuration
  }

  /// The recipe that the settings begin with; nil for none.
  private func chosenRecipe(_ store: DemonstrationStore) throws -> Recipe? {
    if let recipe { return recipe == "none" ? nil : try Recipe.named(recipe) }
    guard settings == nil, !training.choosesParts else { return nil }
    return try Recipe.of(store)
  }

  private func show(_ report: Report) throws {
    if json { return try Output.json(report) }
    let pace =
      report.stepsTaken > 0
      ? "\(counted(report.steps, "step")) at \(shortNumber(report.stepsPerSecond)) a second"
      : "all \(counted(report.steps, "step")) were already done"
    let loss = report.loss.map { "\(words($0, report.validationLoss)), " } ?? ""
    try Output.result(
      "\(report.path): \(pace), \(loss)\(report.parameters) parameters, "
        + "\(counted(report.windows, "window"))\(report.inMemory ? "" : " on disk")")
  }
}
