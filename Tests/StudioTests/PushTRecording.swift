import Demonstrations
import Diffusion
import EnvironmentInterface
import Foundation
import Imitation
import PushT
import Studio

/// Push-t as somebody records it who stirs in it, and what a policy learns from that.
enum PushTRecording {
  /// Records `episodes` episodes of `steps` steps.
  static func write(to path: String, episodes: Int, steps: Int) throws {
    let environment = PushTEnvironment()
    let (recorder, seed) = try RecordingSession.recorder(
      for: path, in: environment.description, seed: 0)
    let session = try RecordingSession(
      in: environment, into: recorder, seed: seed, author: "test")
    for episode in 0..<episodes {
      try session.start()
      for step in 0..<steps {
        let angle = Float(step) * 0.2 + Float(episode)
        try session.steer([256 + 180 * cosf(angle), 256 + 180 * sinf(angle)])
        try session.tick()
      }
      try session.save()
    }
    try session.close()
  }

  /// A small policy, hardly trained, of diffusion with T = 8 unless said otherwise: two
  /// observations, four actions, two of them executed.
  static func policy(
    of demonstrations: String, to folder: String,
    method: any Method = DenoisingDiffusion(schedule: .init(kind: .cosine, steps: 8))
  ) throws -> Checkpoint {
    let configuration = TrainingConfiguration(
      policy: PolicyConfiguration(
        method: method,
        backbone: MLP(hiddenWidth: 16, depth: 2),
        horizons: try Horizons(observation: 2, prediction: 4, action: 2)),
      steps: 20, batch: 16)
    try Trainer(
      configuration, demonstrations: DemonstrationStore(reading: demonstrations)
    ).run(output: folder)
    return try Checkpoint(contentsOf: folder)
  }
}

extension Series {
  /// The values where they are numbers; nil for the bytes of pictures.
  var numbers: [Float]? {
    if case .float32(let values) = elements { values } else { nil }
  }
}
