import Demonstrations
import Diffusion
import Imitation

/// A decision as a page draws it.
struct DecisionDocument: Encodable {
  let kind = "decision"
  private let serial: Int
  private let step: Int
  private let milliseconds: Double
  private let chosen: [[Float]]
  private let horizon: Int
  /// The noise step of each stage.
  private let times: [Int]
  /// Stages × candidates × Tp × A.
  private let cloud: PackedNumbers
  /// The width of the density's kernel along each value of an action, in the environment's units.
  private let bandwidth: [Float]
  /// Whether the densest candidate is the one that is chosen.
  private let isDensest: Bool
  /// Where candidates and, last, the chosen chunk lie in the plane of latents; null without.
  private let places: PackedNumbers?

  /// More numbers than this are thinned out stage by stage.
  private static let mostNumbers = 200_000

  init(_ decision: WatchedDecision, of session: WatchingSession) {
    serial = decision.serial
    step = decision.step
    milliseconds = decision.milliseconds
    chosen = decision.chosen
    horizon = session.horizons.action
    let stageSize = max(1, decision.stages.first?.count ?? 1)
    let most = max(2, Self.mostNumbers / stageSize)
    let count = decision.stages.count
    // The first and the last stage are always there, the others evenly.
    let kept =
      count <= most
      ? Array(0..<count) : (0..<most).map { ($0 * (count - 1) + (most - 1) / 2) / (most - 1) }
    times = kept.map { decision.times[$0] }
    let width = decision.chosen.first?.count ?? 1
    let chunk = max(1, decision.chosen.count)
    cloud = PackedNumbers(
      kept.flatMap { decision.stages[$0] },
      shape: [kept.count, decision.candidates, chunk, width])
    let scale = session.normalizer.action
    bandwidth = zip(scale.low, scale.high).map {
      Float((session.sampler ?? SamplerSpecification()).bandwidth) * max(1e-6, ($1 - $0) / 2)
    }
    places =
      decision.places.isEmpty
      ? nil
      : PackedNumbers(
        decision.places.flatMap { [$0.x, $0.y] }, shape: [decision.places.count, 2])
    isDensest = (session.sampler?.candidates ?? 1) > 1
  }
}
