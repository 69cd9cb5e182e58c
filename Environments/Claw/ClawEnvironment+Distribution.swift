public import EnvironmentInterface
import Foundation
import Physics
import Randomness

extension ClawEnvironment: KnownActionDistribution {
  /// Independent draws from the demonstrator's distribution at the present observation.
  ///
  /// - Parameters:
  ///   - count: How many.
  ///   - seed: Which draws; the same seed gives the same.
  /// - Returns: `count` actions of shape [2]; none at all when no toy is left.
  public func demonstratorActions(count: Int, seed: UInt64) -> [[Float]] {
    var random = RandomStream(seed: seed, purpose: .demonstrator, step: 1)
    return (0..<max(count, 0)).compactMap { _ in
      drawAction(using: &random).map { [$0.point.x, $0.point.y] }
    }
  }

  /// The number of toys on the field.
  public var modeCount: Int { field.presentSlots.count }

  /// The toy that an action lands on, by its whole silhouette, counted among those on the field.
  public func mode(of action: [Float]) -> Int? {
    guard action.count == 2 else { return nil }
    let point = SIMD2(action[0], action[1])
    return field.presentSlots.firstIndex { field.toys[$0].covers(point) }
  }

  /// How many actions land on a toy, and how many of the toys are reached.
  public var actionMetrics: [ActionMetric] {
    [
      .onMode(
        MetricDefinition(
          "on_toy", title: "On a toy", better: .up, decimals: 3,
          "fraction of the same actions that land on a toy")),
      .modeCoverage(
        MetricDefinition(
          "toy_coverage", title: "Toy coverage", better: .up, decimals: 3,
          "fraction of the toys on the field that receive at least a fifth of the actions that the "
            + "demonstrator gives them")),
    ]
  }

  /// The demonstrator's probability density at an action, a unit of the field's area.
  ///
  /// - Parameter action: Shape [2]; of another length, nothing has a density there.
  /// - Returns: Σ over the toys whose shrunk silhouette holds it of probability / shrunk area.
  public func demonstratorDensity(of action: [Float]) -> Double {
    guard action.count == 2 else { return 0 }
    let point = SIMD2(action[0], action[1])
    let shrink = Float(options.shrink)
    var density = 0.0
    for (slot, probability) in zip(field.presentSlots, modeProbabilities) {
      let toy = field.toys[slot]
      let silhouette = toy.kind.silhouette.shrunk(by: shrink)
      if silhouette.contains(toy.local(point)) { density += probability / silhouette.area }
    }
    return density
  }

  /// ln of ``demonstratorDensity(of:)``.
  public func demonstratorLogDensity(of action: [Float]) -> Double? {
    log(demonstratorDensity(of: action))
  }

  /// How likely the demonstrator is to choose each toy on the field, in the order of ``mode(of:)``.
  public var modeProbabilities: [Double] {
    let weights = field.presentSlots.map { options.weight(of: field.toys[$0].kind) }
    let total = weights.reduce(0, +)
    if total == 0 { return weights.map { _ in 1 / Double(weights.count) } }
    return weights.map { $0 / total }
  }

  /// Chooses a toy, then a point uniformly over its shrunk silhouette; nil when no toy is left.
  func drawAction(using random: inout RandomStream) -> (slot: Int, point: SIMD2<Float>)? {
    var remaining = random.uniform()
    let probabilities = modeProbabilities
    guard var choice = probabilities.lastIndex(where: { $0 > 0 }) else { return nil }
    for (index, probability) in probabilities.enumerated() where index < choice {
      if remaining < probability {
        choice = index
        break
      }
      remaining -= probability
    }
    let slot = field.presentSlots[choice]
    let toy = field.toys[slot]
    let silhouette = toy.kind.silhouette.shrunk(by: Float(options.shrink))
    let half = silhouette.halfExtent
    while true {
      let x = Float(random.uniform(from: -1, to: 1))
      let y = Float(random.uniform(from: -1, to: 1))
      let point = SIMD2(x, y) * half
      if silhouette.contains(point) { return (slot, toy.placed(point)) }
    }
  }
}
