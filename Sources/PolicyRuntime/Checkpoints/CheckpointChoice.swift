public import Naming

/// Which of a checkpoint folder's weights a policy takes.
public enum CheckpointChoice: String, NamedChoice {
  /// Those of the last step.
  case last
  /// Those of the least validation loss (`train --validation`).
  case best

  /// What is chosen, for messages.
  public static var kindOfChoice: String { "checkpoint" }

  /// The file that holds them.
  package var file: String {
    switch self {
    case .last: "model.safetensors"
    case .best: "best.safetensors"
    }
  }
}
