import ArgumentParser
import Demonstrations
import Foundation
import Imitation
import Neural

/// `dpolicy train`: a policy from demonstrations, as a checkpoint folder.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a policy from demonstrations.",
    discussion: """
      The output folder always holds a whole checkpoint. Ctrl-C saves one; --resume continues it \
      to the same bytes as if it had never stopped.

      Example: dpolicy train --demos push.hdf5 --method diffusion --output runs/push \
      --observation-horizon 2 --prediction-horizon 8 --action-horizon 4 --steps 5000
      """)

  @Option(help: ArgumentHelp("The demonstrations.", valueName: "file"))
  var demos: String?

  @Option(help: ArgumentHelp("The checkpoint folder.", valueName: "folder"))
  var output: String

  @Option(
    name: .customLong("config"),
    help: ArgumentHelp("Settings in YAML; flags go before them.", valueName: "file"))
  var settings: String?

  @OptionGroup var training: TrainingArguments

  @Flag(help: "Continue the training in the output folder.")
  var resume = false

  @Option(help: "Threads; changes nothing but the time. All processors if not given.")
  var threads: Int?

  @Flag(help: "Print one JSON document.")
  var json = false

  /// What was trained.
  private struct Report: Encodable {
    let path: String
    let steps: Int
    let loss: Double
    let parameters: Int
    let windows: Int
    let seconds: Double
    let stepsPerSecond: Double
  }

  func validate() throws {
    guard threads ?? 1 > 0 else { throw ValidationError("'--threads' must be at least 1.") }
    guard demos != nil || resume else {
      throw ValidationError("Say what to train on: --demos FILE.")
    }
  }

  func run() throws {
    let trainer = try makeTrainer()
    let training = trainer.training
    let total = training.configuration.steps
    Interruption.watch()
    let start = ContinuousClock.now
    var progress: ProgressDisplay?
    var first = 0
    var loss = trainer.metrics.last?.loss ?? .nan
    let outcome = try trainer.run(
      output: output, resume: resume,
      shouldStop: {
        if progress == nil {
          first = training.state.step - 1
          progress = ProgressDisplay("train", total: total, unit: "steps", done: first)
        }
        progress?.update(training.state.step, remark: "loss \(shortNumber(loss))")
        return Interruption.isRequested
      }, report: { loss = $0.loss })
    progress?.finish(training.state.step)
    if outcome == .stopped {
      throw Interruption(
        description: "stopped at step \(training.state.step) of \(total); continue with: "
          + "dpolicy train --resume --output \(output)")
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    try show(
      Report(
        path: output, steps: training.state.step, loss: trainer.metrics.last?.loss ?? loss,
        parameters: training.table.trainedCount, windows: training.data.count, seconds: seconds,
        stepsPerSecond: Double(training.state.step - first) / seconds))
  }

  private func makeTrainer() throws -> Trainer {
    var configuration = TrainingConfiguration()
    var path = demos
    if resume, FileManager.default.fileExists(atPath: output) {
      let checkpoint = try Checkpoint(contentsOf: output)
      configuration = checkpoint.configuration
      path = path ?? checkpoint.provenance.demonstrations
    }
    if let settings { configuration = try ConfigurationFile.load(settings, over: configuration) }
    configuration = try training.applied(to: configuration)
    guard let path else {
      throw UsageError("\(output): there is nothing to resume; say what to train on: --demos FILE")
    }
    return try Trainer(
      configuration, demonstrations: DemonstrationStore(reading: path),
      threads: threads ?? Trainer.defaultThreads)
  }

  private func show(_ report: Report) throws {
    if json { return try Output.json(report) }
    try Output.result(
      "\(report.path): \(report.steps) steps at \(shortNumber(report.stepsPerSecond)) a second, "
        + "loss \(shortNumber(report.loss)), \(report.parameters) parameters, "
        + "\(report.windows) windows")
  }
}
