import Neural
import PolicyRuntime
import Randomness

/// The loss of held-out windows: the training's own loss, always of the same windows, noise steps
/// and noise, so that its values can be compared.
///
/// It is computed in batches like the training's, with whatever the training does at random
/// (observation dropout, shifted images), drawn the same every time.
final class Validation {
  private var part: MethodTraining
  private let batches: Int
  private let steps: Int

  /// How many windows are looked at, at most.
  private static let windows = 8192
  /// The key of what is drawn, whatever the training's seed.
  private static let seed: UInt64 = 0x76_616c_6964

  /// Compiles the loss on held-out windows.
  ///
  /// - Parameters:
  ///   - training: The training to judge.
  ///   - data: The held-out windows, scaled as the training's are.
  /// - Throws: What compiling the training throws.
  init(_ training: Training, data: WindowDataset) throws {
    let batch = min(training.configuration.batch, data.count)
    steps = training.configuration.steps
    part = try training.model.training(
      on: data, batch: batch, seed: Self.seed,
      constants: Weights(copying: training.state.average))
    batches = max(min(data.count, Self.windows) / batch, 1)
  }

  /// The mean loss.
  ///
  /// - Parameters:
  ///   - weights: The weights to judge.
  ///   - step: How many steps have been taken; in a training of several parts it says which part's
  ///     loss is meant.
  /// - Returns: The mean over the windows, in the unit of the training's loss.
  /// - Throws: `WindowError` where windows cannot be read from disk.
  func loss(_ weights: Weights, after step: Int) throws -> Double {
    while let next = part.next, step > next.firstStep(of: steps) { part = try next.make(weights) }
    let (program, source) = (part.program, part.source)
    var sum = 0.0
    for step in 0..<batches {
      try source.prepare(step: step)
      source.fill(0..<program.batch, step: step)
      program.forward(weights)
      sum += program.output.reduce(0.0) { $0 + Double($1) }
    }
    return sum / Double(batches * program.batch)
  }
}

/// The best weights that validation has seen.
struct BestWeights {
  var loss: Double
  var step: Int
  var weights: Weights
}
