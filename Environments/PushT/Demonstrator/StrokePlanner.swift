import Physics
import Randomness

/// Finds the next push by trying many of them in clones of the world.
///
/// A cross-entropy search in two rounds (random pushes, then variations of the best), each tried
/// from beside the T; the best are then tried with the whole way there, in several lengths.
struct StrokePlanner {
  /// A push with what it takes to do it.
  struct Plan {
    /// The agent's targets, one a control step.
    var targets: [SIMD2<Float>]
    /// What is left to do after it, in pixels, plus what its time is worth.
    var cost: Float
  }

  /// How many pushes are drawn at random.
  private static let randomCount = 240
  /// How many of the best of them are varied, and how often each.
  private static let parentCount = 6
  private static let variationCount = 20
  /// How many of the best are tried with the whole way there, each in these lengths, in pixels.
  private static let finalistCount = 10
  private static let lengthChanges: [Float] = [-8, -4, 0, 4, 8]
  /// A push shorter than this ends before it has reached the T.
  private static let shortest: Float = 8
  /// Pixels of the T's distance from its goal that a control step is worth.
  private static let stepCost: Float = 0.1
  /// Up to this distance from the goal nothing counts but getting there.
  private static let near: Float = 30

  /// Where everything is now.
  let field: PushTField
  let pace: Pace
  /// What pushing at each of the T's faces is felt to cost, in pixels, while the T is far away.
  let distastes: [Float]

  /// How far the T is from its goal: the mean distance of its corners from where they belong.
  static func distance(_ pose: TPose) -> Float {
    let sum = zip(pose.placed(TShape.outline), goalOutline).reduce(Float(0)) {
      $0 + ($1.0 - $1.1).length
    }
    return sum / Float(goalOutline.count)
  }

  private static let goalOutline = TPose.goal.placed(TShape.outline)

  /// The best plan that was found, if any push is possible.
  func plan(using random: inout RandomStream) throws -> Plan? {
    let detour = Detour(from: field.agent, round: field.block)
    var tried = try (0..<Self.randomCount).compactMap { _ in
      try self.tried(.random(using: &random), detour)
    }
    tried.sort { $0.cost < $1.cost }
    for parent in tried.prefix(Self.parentCount) {
      for _ in 0..<Self.variationCount {
        if let better = try self.tried(parent.stroke.varied(using: &random), detour) {
          tried.append(better)
        }
      }
    }
    tried.sort { $0.cost < $1.cost }
    var best: Plan?
    for finalist in tried.prefix(Self.finalistCount) {
      for change in Self.lengthChanges {
        var stroke = finalist.stroke
        stroke.length = max(stroke.length + change, Self.shortest)
        guard let plan = try rehearsed(stroke, detour) else { continue }
        if plan.cost < best?.cost ?? .infinity { best = plan }
      }
    }
    return best
  }

  /// Tries a push from beside the T, and gives it the length at which the T is best off.
  private func tried(
    _ stroke: Stroke, _ detour: Detour
  ) throws -> (stroke: Stroke, cost: Float)? {
    guard let (place, direction) = stroke.start else { return nil }
    let start = field.block.placed([place])[0]
    let ahead = field.block.placed([place + direction])[0] - start
    guard isInside(start), let way = detour.way(to: place) else { return nil }
    let wayLength = zip(way, way.dropFirst()).reduce(Float(0)) { $0 + ($1.1 - $1.0).length }
    let waySteps = wayLength / pace.travelling * PushTWorld.controlRate
    let fixedCost = Self.stepCost * waySteps + distaste(for: stroke)
    var clone = field
    clone.agent = start
    clone.agentVelocity = ahead * pace.pushing
    var best: (stroke: Stroke, cost: Float)?
    var (before, progressBefore) = (clone.block, Float(0))
    let step = pace.pushing / PushTWorld.controlRate
    let distance = Self.distance(field.block)
    for count in 1...Int(min(170, 50 + 2.5 * distance) / step) {
      // The target is ahead by as much as the agent lags behind it.
      let target = start + ahead * (step * Float(count + 2))
      guard isInside(target) else { break }
      try PushTWorld.advance(&clone, towards: target)
      let progress = (clone.agent - start).dot(ahead)
      for share: Float in [0.25, 0.5, 0.75, 1] {
        let length = progressBefore + (progress - progressBefore) * share
        let between = TPose(
          before.position + (clone.block.position - before.position) * share,
          angle: before.angle + (clone.block.angle - before.angle) * share)
        let cost = Self.distance(between) + fixedCost + Self.stepCost * Float(count)
        if length > Self.shortest, between != field.block, cost < best?.cost ?? .infinity {
          best = (Stroke(contact: stroke.contact, tilt: stroke.tilt, length: length), cost)
        }
      }
      // Whatever comes after this is not worth it.
      if Self.distance(clone.block) > distance + 20 { break }
      (before, progressBefore) = (clone.block, progress)
    }
    return best
  }

  /// Tries a push with the whole way there, as it would be done.
  private func rehearsed(_ stroke: Stroke, _ detour: Detour) throws -> Plan? {
    guard let (place, direction) = stroke.start, let way = detour.way(to: place) else { return nil }
    let end = field.block.placed([place + direction * stroke.length])[0]
    guard isInside(end) else { return nil }
    let targets = pace.targets(along: way, to: end)
    var clone = field
    for (index, target) in targets.enumerated() {
      try PushTWorld.advance(&clone, towards: target)
      let distance = Self.distance(clone.block)
      if distance < 6, Coverage.of(clone.block) > PushTEnvironment.successCoverage {
        return Plan(targets: targets, cost: Self.stepCost * Float(index) - 10)
      }
    }
    return Plan(
      targets: targets,
      cost: Self.distance(clone.block) + Self.stepCost * Float(targets.count)
        + distaste(for: stroke))
  }

  private func distaste(for stroke: Stroke) -> Float {
    Self.distance(field.block) > Self.near ? distastes[stroke.face.index] : 0
  }

  private func isInside(_ place: SIMD2<Float>) -> Bool {
    min(place.x, place.y) >= 0 && max(place.x, place.y) <= PushTField.size
  }
}
