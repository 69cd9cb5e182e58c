import ArgumentParser
import Diffusion
import Imitation
import Naming

/// Which of a checkpoint folder's weights a policy takes.
struct CheckpointArguments: ParsableArguments {
  @Option(
    help: "Which weights: last, or best (lowest loss of 'train --validation').")
  var checkpoint: String = CheckpointChoice.last.rawValue

  /// Reads a checkpoint folder.
  ///
  /// - Throws: `UnknownName` for another choice, and what reading the folder throws.
  func load(_ path: String) throws -> Checkpoint {
    let checkpoint = try Checkpoint(
      contentsOf: path, choosing: CheckpointChoice(named: checkpoint))
    if let warning = checkpoint.configuration.policy.method.sampling?.warning {
      Output.note("\(path): \(warning)")
    }
    return checkpoint
  }
}
