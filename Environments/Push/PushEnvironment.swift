import Drawing
public import EnvironmentInterface
import Foundation
import Naming
import Physics
import Randomness

/// A round pusher, two blocks, two zones: bring each block to a zone of its own, in any order.
///
/// The pusher stands in the middle, a block above and a block below it, a zone on each side: it
/// must get behind a block, round either side, to push it into a zone; any block may go to either
/// zone, and any may be first. A top view of the task of Florence et al., "Implicit behavioral
/// cloning", CoRL 2021, in the two-zone form of Shafiullah et al. 2022. Lengths are field units:
/// the field is |x|, |y| ≤ 1 with walls around it.
public final class PushEnvironment: Environment {
  /// What may be chosen.
  public struct Options: Codable, Sendable, Hashable {
    /// How far blocks, zones and pusher start from their usual places, 0…1.
    public var spread: Double = 1
    /// How near to a zone's centre a block's centre must be, in field units.
    public var tolerance: Double = 0.2
    /// The side of the observation `image` in pixels.
    public var imageSize = 32

    /// Creates the default options.
    public init() {}
  }

  /// The longest episode, in steps.
  public static let episodeLimit = 350

  /// What was chosen.
  public let options: Options
  /// Spaces, clock and task.
  public let description: EnvironmentDescription
  var field: PushField

  /// Creates the environment in its first episode, that of seed 0.
  public init(options: Options = Options()) {
    self.options = options
    description = Self.description(of: options)
    field = Self.initialField(seed: 0, spread: Float(options.spread))
  }

  /// Starts an episode; the same seed gives the same episode to the last bit.
  public func reset(seed: UInt64) {
    field = Self.initialField(seed: seed, spread: Float(options.spread))
  }

  /// The present value of one observation space.
  ///
  /// - Throws: `UnknownName` for any name but `state` and
  ///   `image`.
  public func observation(_ name: String) throws -> ObservationValue {
    switch name {
    case "state": return .float32(stateObservation)
    case "image":
      let scene = PushImage.scene(of: field, tolerance: options.tolerance)
      return .uint8(try scene.rgb(width: options.imageSize, height: options.imageSize))
    default:
      throw UnknownName(
        kind: "observation of push", name: name, known: description.observations.map(\.name))
    }
  }

  private var stateObservation: [Float] {
    var values = [field.pusher.x, field.pusher.y]
    for block in field.blocks {
      values += [block.position.x, block.position.y, cosf(block.angle), sinf(block.angle)]
    }
    for zone in field.zones { values += [zone.x, zone.y] }
    return values
  }

  /// Moves the pusher towards the action, a position in the field, for a tenth of a second.
  ///
  /// The reward is one half for each sub-task.
  ///
  /// - Throws: ``EnvironmentError`` for an action of another length, or with a NaN or infinity.
  public func step(_ action: [Float]) throws -> StepResult {
    let target = try description.action.clamped(action)
    let before = field.pusher
    var next = field
    try PushWorld.advance(&next, towards: SIMD2(target[0], target[1]))
    field = next
    field.stepCount += 1
    field.notePassing(from: before)
    let completed = field.noteCompletions(tolerance: Float(options.tolerance))
    return StepResult(
      reward: 0.5 * Float(completed.count), completed: completed, isSuccess: field.isSolved,
      isFinished: field.isSolved || field.stepCount >= Self.episodeLimit)
  }

  /// Everything needed to continue from here.
  public var state: [Float] { field.state }

  /// Goes back to a saved state, from which everything continues as it did.
  ///
  /// - Throws: ``EnvironmentError`` for a state of another length or with impossible values.
  public func restore(_ state: [Float]) throws {
    field = try PushField(state: state)
  }

  /// Which block came first, to which zone, and on which side the pusher went round that block.
  ///
  /// Keys: `first_block` (red, blue), `first_zone` (left, right), `first_side` (left, right, or
  /// none where the pusher never got past the block); empty until a block is in a zone.
  public var behaviour: [String: String] {
    var words: [String: String] = [:]
    if let first = field.first {
      words["first_block"] = PushField.blockNames[first.block]
      words["first_zone"] = PushField.zoneNames[first.zone]
      let side = field.blocks[first.block].side
      words["first_side"] = side == 0 ? "none" : side < 0 ? "left" : "right"
    }
    return words
  }

  /// The present picture, in field units.
  public var scene: Scene { PushScene.scene(of: field, tolerance: Float(options.tolerance)) }
}

extension PushEnvironment {
  /// Draws an initial field: the pusher in the middle, a block above and one below, a zone on each
  /// side.
  static func initialField(seed: UInt64, spread: Float) -> PushField {
    var random = RandomStream(seed: seed, purpose: .environment)
    func jitter(_ reach: Float) -> SIMD2<Float> {
      let x = random.uniform(from: -1, to: 1)
      let y = random.uniform(from: -1, to: 1)
      return SIMD2(Float(x), Float(y)) * reach * spread
    }
    let pusher = jitter(0.06)
    let zones: [SIMD2<Float>] = [
      SIMD2(-0.65, 0) + jitter(0.06), SIMD2(0.65, 0) + jitter(0.06),
    ]
    // At most 0.09 from places that are 0.84 apart: neighbours never touch.
    let blocks = [SIMD2<Float>(0, 0.42), SIMD2(0, -0.42)].map { place in
      let position = place + jitter(0.09)
      let angle = random.uniform(from: -.pi / 4, to: .pi / 4)
      return PushField.Block(position: position, angle: Float(angle))
    }
    return PushField(pusher: pusher, blocks: blocks, zones: zones)
  }

  private static func description(of options: Options) -> EnvironmentDescription {
    func point(_ name: String) -> [Space.Component] {
      ["x", "y"].map { Space.Component("\(name)_\($0)", from: -1, to: 1, unit: "field") }
    }
    var components = point("pusher")
    for name in PushField.blockNames {
      components += point(name)
      components += [
        Space.Component("\(name)_cos", from: -1, to: 1),
        Space.Component("\(name)_sin", from: -1, to: 1),
      ]
    }
    for name in PushField.zoneNames { components += point("\(name)_zone") }
    return EnvironmentDescription(
      name: "push", options: options.values,
      observations: [
        Space("state", components),
        Space(image: "image", height: options.imageSize, width: options.imageSize),
      ],
      action: Space("action", point("target")),
      controlRate: Double(PushWorld.controlRate), episodeLimit: episodeLimit,
      subtasks: ["first block in a zone", "second block in the other zone"])
  }
}
