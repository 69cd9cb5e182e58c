import Demonstrations
import EnvironmentInterface
import Imitation

func trainAndAct(_ path: String, folder: String, seen: ObservationFrame) throws -> [[Float]] {
  var configuration = TrainingConfiguration(steps: 500)
  configuration.policy.method = DenoisingDiffusion()
  configuration.policy.backbone = Sieve(hiddenWidth: 256)
  configuration.policy.horizons = try Horizons(observation: 2, prediction: 8, action: 4)
  let demonstrations = try DemonstrationStore(reading: path)
  try Trainer(configuration, demonstrations: demonstrations).run(output: folder)

  let policy = try Policy(contentsOf: folder)
  let key = DecisionKey(seed: 7, step: 0)
  return try policy.act(ObservationWindow([seen]), key: key)
}
