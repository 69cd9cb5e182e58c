import Demonstrations
import Foundation
import Imitation
import Neural
import TestSupport
import Testing

/// Trainings whose products round their operands to bfloat16.
@Suite struct PrecisionTests {
  private let folder: TemporaryFolder
  private let store: DemonstrationStore

  init() throws {
    folder = try TemporaryFolder()
    store = try ToyDemonstrations.store(in: folder, episodes: 20)
  }

  private func configuration(
    _ backbone: String, _ precision: TrainingPrecision?, steps: Int = 60
  ) throws -> TrainingConfiguration {
    TrainingConfiguration(
      policy: try PolicyConfiguration(
        horizons: Horizons(observation: 2, prediction: 4, action: 2)
      ).of("diffusion", backbone, BackboneRegistry.small),
      steps: steps, batch: 46, seed: 5, logInterval: 20, checkpointInterval: 20,
      precision: precision)
  }

  private func train(
    _ configuration: TrainingConfiguration, threads: Int = 1, output: String? = nil,
    resume: Bool = false, stop: Int? = nil
  ) throws -> Trainer {
    let trainer = try Trainer(
      configuration, demonstrations: store, threads: threads)
    try trainer.run(
      output: output, resume: resume, shouldStop: { trainer.training.state.step == stop })
    return trainer
  }

  @Test(arguments: ["sieve", "unet", "dit", "transformer"])
  func `a mixed training learns what a single one does, to other bytes`(_ backbone: String) throws {
    let single = try train(configuration(backbone, nil))
    let mixed = try train(configuration(backbone, .mixed))
    #expect(Array(single.training.state.weights) != Array(mixed.training.state.weights))
    for (one, other) in zip(single.metrics, mixed.metrics) {
      // Eight bits of an operand leave an error of 2e-3 in a product's summands.
      #expect(abs(one.loss - other.loss) < 0.02 * one.loss, "step \(one.step)")
    }
    #expect(mixed.metrics.count == 3 && mixed.metrics[2].loss < mixed.metrics[0].loss)
  }

  @Test func `it has the same bytes on any number of threads and after a break`() throws {
    let configuration = try configuration("unet", .mixed)
    func weights(_ trainer: Trainer) -> [Float] { Array(trainer.training.state.weights) }
    let one = weights(try train(configuration))
    #expect(weights(try train(configuration, threads: 3)) == one)
    let output = folder.file("broken")
    #expect(weights(try train(configuration, output: output, stop: 30)) != one)
    let rest = try train(configuration, threads: 2, output: output, resume: true)
    #expect(weights(rest) == one)
  }

  @Test func `a checkpoint says how it was trained, and resumes as nothing else`() throws {
    let output = folder.file("mixed")
    _ = try train(configuration("mlp", .mixed, steps: 4), output: output)
    let read = try Checkpoint(contentsOf: output)
    #expect(read.configuration.precision == .mixed)
    #expect(read.provenance.processors == [Processor.kind])
    let error = #expect(throws: ImitationError.self) {
      _ = try train(configuration("mlp", nil, steps: 8), output: output, resume: true)
    }
    #expect(error.map { "\($0)".contains("precision") } == true)
  }
}
