import Demonstrations
import Diffusion
import Imitation

/// What `GET /policy` tells: what the policy looks at, what it answers, and how it was made.
struct PolicyDescription: Encodable {
  /// One observation, or the action.
  struct Quantity: Encodable {
    let name: String
    /// The sizes of one step.
    let shape: [Int]
    let kind: String
    /// Which values are angles, in radians.
    var angles: [Int]?
    /// The lowest and highest normalised features in the demonstrations; an angle has two features,
    /// its cosine and its sine.
    var low: [Float]?
    var high: [Float]?
  }

  let version: String
  let environment: String?
  let observations: [Quantity]
  let action: Quantity
  let horizons: Horizons
  let sampler: SamplerSpecification?
  let configuration: PolicyConfiguration

  init(_ agent: EstimatingAgent) {
    let policy = agent.policy
    let checkpoint = policy.checkpoint
    version = PackageVersion.current
    environment = checkpoint.provenance.environmentName
    observations =
      agent.normalizer.observations.map(Self.quantity)
      + agent.normalizer.images.map {
        Quantity(name: $0.name, shape: [$0.height, $0.width, $0.channels], kind: "uint8")
      }
    action = Self.quantity(checkpoint.normalizer.action)
    horizons = policy.horizons
    sampler = policy.sampler
    configuration = checkpoint.configuration.policy
  }

  private static func quantity(_ scale: FeatureScale) -> Quantity {
    Quantity(
      name: scale.name, shape: [scale.width], kind: "float32", angles: scale.angles,
      low: scale.low, high: scale.high)
  }
}
