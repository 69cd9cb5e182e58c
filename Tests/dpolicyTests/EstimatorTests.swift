import Demonstrations
import Foundation
import Testing

/// A policy that is told by another one what it does not see.
@Suite struct EstimatorTests {
  let folder: Scratch

  init() throws {
    folder = try Scratch()
  }

  private func run(_ line: String) throws -> Tool.Result {
    try Tool.run(line.split(separator: " ").map(String.init), in: folder)
  }

  /// Without the ends of lines, which depend on the terminal.
  private func words(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  @Test func `a rollout takes what an estimator tells for what the environment shows`() throws {
    for line in [
      "record --environment push-t --expert --episodes 2 --output t.hdf5",
      "train --demos t.hdf5 --method mse --backbone mlp --observations agent_pos,block_pose"
        + " --steps 20 --batch 16 --output acts",
      "train --demos t.hdf5 --method mse --backbone mlp --observations keypoints"
        + " --actions obs/block_pose --steps 20 --batch 16 --output tells",
    ] {
      let result = try run(line)
      #expect(result.status == 0, "\(line): \(result.errors)")
      if line.contains("obs/block_pose") {
        #expect(words(result.errors).contains("read from obs/block_pose"), "\(result.errors)")
      }
    }
    let rollout = "rollout --environment push-t --episodes 1 --seed 3 --policy"
    let seeing = try run("\(rollout) acts --output sees.hdf5")
    let told = try run("\(rollout) acts --estimator tells --output told.hdf5")
    #expect(seeing.status == 0 && told.status == 0, "\(told.errors)")
    // Twenty steps teach it the middle of all places: other actions follow from it.
    let actions = try ["sees.hdf5", "told.hdf5"].map {
      try DemonstrationStore(reading: folder.file($0)).episode(0).actions.floats
    }
    #expect(actions[0] != actions[1])
    for (line, expected) in [
      ("\(rollout) tells", "it estimates 'block_pose' and does not act"),
      ("\(rollout) acts --estimator acts", "--actions obs/NAME"),
      ("\(rollout) acts --estimator tells --estimator tells", "two estimators tell 'block_pose'"),
      ("\(rollout) tells --estimator tells", "the policy looks at keypoints"),
      // The file says which estimator its episodes are from.
      ("\(rollout) acts --output told.hdf5", "estimators"),
      (
        "train --demos t.hdf5 --method mse --backbone mlp --actions obs/block_pos --output x",
        "obs/block_pose"
      ),
    ] {
      let result = try run(line)
      #expect(result.status != 0, "\(line)")
      #expect(words(result.errors).contains(expected), "\(line): \(result.errors)")
    }
  }
}
