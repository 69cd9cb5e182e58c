import ArgumentParser
import Demonstrations
import Foundation
import Imitation
import Neural

/// `dpolicy distill`: a policy of few steps, taught by one of many.
struct DistillCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "distill",
    abstract: "Distil a trained policy into one that decides in fewer steps.",
    usage: """
      dpolicy distill [<options>] --teacher <folder> --steps <steps>
               --output <folder>
      """,
    discussion: """
      Each student takes half as many steps as its teacher, until --steps is reached (progressive \
      distillation); those in between are kept in OUTPUT.stages, and each is a policy like any other. \
      Ctrl-C saves; the same command with --resume continues. The teacher must predict a velocity, \
      'sample' or 'preconditioned'.

      Example: dpolicy distill --teacher runs/push --steps 4 --output runs/push-4
      """)

  @Option(help: ArgumentHelp("The teacher's checkpoint folder.", valueName: "folder"))
  var teacher: String

  @Option(help: "How many steps the student takes, such as 8, 4, 2 or 1.")
  var steps: Int

  @Option(
    help: ArgumentHelp("The student's checkpoint folder.", valueName: "folder"),
    completion: .directory)
  var output: String

  @Option(
    help: ArgumentHelp("Demonstrations; the teacher's if not given.", valueName: "file"),
    completion: .demonstrations)
  var demos: String?

  @Option(help: "Optimisation steps of each student; the teacher's if not given.")
  var trainingSteps: Int?

  @Option(help: "The learning rate after warm-up; the teacher's if not given.")
  var learningRate: Float?

  @Option(help: "Windows per optimisation step; the teacher's if not given.")
  var batch: Int?

  @Option(help: "The seed of all random numbers; the teacher's if not given.")
  var seed: UInt64?

  @OptionGroup var links: LinkArguments

  @Flag(help: "Continue what is in the output folders.")
  var resume = false

  @Option(help: "Threads; results do not depend on it. All processors if not given.")
  var threads: Int?

  @Flag(help: "Print one JSON document.")
  var json = false

  /// One student.
  private struct Report: Encodable {
    let path: String
    let steps: Int
    let trainingSteps: Int
    let loss: Double?
  }

  func validate() throws {
    try checkCount(threads, "--threads", atMost: LargestCount.threads)
  }

  func run() throws {
    Interruption.watch()
    let distiller = try Distiller(teacher: teacher, steps: steps, output: output)
    let store = try links.open(demos ?? distiller.teacher.provenance.demonstrations)
    let reports = try distiller.stages.map { try train($0, of: distiller, on: store) }
    if json { return try Output.json(reports) }
    for report in reports {
      let loss = report.loss.map { ", loss \(shortNumber($0))" } ?? ""
      try Output.result(
        "\(report.path): decides in \(counted(report.steps, "step")), taught "
          + "\(counted(report.trainingSteps, "step"))\(loss)")
    }
  }

  private func train(
    _ stage: Distiller.Stage, of distiller: Distiller, on store: DemonstrationStore
  ) throws -> Report {
    var configuration = distiller.configuration(of: stage)
    if let trainingSteps { configuration.steps = trainingSteps }
    if let learningRate { configuration.learningRate.peak = learningRate }
    if let batch { configuration.batch = batch }
    if let seed { configuration.seed = seed }
    do {
      try FileManager.default.createDirectory(
        at: URL(fileURLWithPath: stage.output).deletingLastPathComponent(),
        withIntermediateDirectories: true)
    } catch {
      throw ImitationError.cannotWrite(
        path: stage.output, reason: CheckpointFolder.reason(error))
    }
    let trainer = try Trainer(
      configuration, demonstrations: store, normalizer: distiller.teacher.normalizer,
      threads: threads ?? Trainer.defaultThreads)
    let first =
      resume && FileManager.default.fileExists(atPath: stage.output)
      ? try Checkpoint(contentsOf: stage.output).step : 0
    let progress = ProgressDisplay(
      "distill to \(counted(stage.steps, "step"))", total: configuration.steps, unit: "steps",
      done: first)
    var losses = ""
    let outcome = try trainer.run(
      output: stage.output, resume: resume,
      report: { losses = "loss \(shortNumber($0.loss))" },
      shouldStop: {
        progress.update(trainer.training.state.step, remark: losses)
        return Interruption.isRequested
      })
    if trainer.training.state.step > first { progress.finish(trainer.training.state.step) }
    guard outcome == .finished else {
      throw Interruption(
        description: "stopped while a student of \(counted(stage.steps, "step")) learnt; the same "
          + "command with --resume continues")
    }
    return Report(
      path: stage.output, steps: stage.steps, trainingSteps: trainer.training.state.step,
      loss: trainer.metrics.last?.loss)
  }
}
