import Drawing
public import EnvironmentInterface
import Naming
import Physics

/// Push-T: a round agent pushes a T onto its outline on the table.
///
/// The task, interface and mechanics of the public benchmark (Chi et al., "Diffusion policy", RSS
/// 2023; gym-pusht 0.1.8) on Box2D: policies and demonstrations made for it fit without conversion.
/// Lengths are pixels of a 512 × 512 workspace, y down; angles are in radians, clockwise on the
/// screen. The agent follows its target by the public control law (acceleration = 100 (target −
/// position) − 20 velocity) at 10 Hz in physics steps of 0.01 s; nothing stops it. The T moves only
/// while it is pushed.
public final class PushTEnvironment: Environment {
  /// What may be chosen.
  public struct Options: Codable, Sendable, Hashable {
    /// Whether episodes start from the public evaluation's 50 initial states.
    ///
    /// Then seed s has start s mod 50, so that the public seeds 100000 … 100049 mean here what they
    /// mean there. Otherwise starts are drawn as the public environment draws them.
    public var publicStarts = false
    /// The side of the observation `image` in pixels; the public environment's is 96.
    public var imageSize = 96

    /// Creates the default options.
    public init() {}
  }

  /// The longest episode, in steps.
  public static let episodeLimit = 300
  /// The coverage above which the T is on the goal; the reward grows up to there.
  public static let successCoverage = 0.95

  /// What was chosen.
  public let options: Options
  /// Spaces, clock and task.
  public let description: EnvironmentDescription
  var field: PushTField

  /// Creates the environment in its first episode, that of seed 0.
  public init(options: Options = Options()) {
    self.options = options
    description = Self.description(of: options)
    field = Self.initialField(seed: 0, options: options)
  }

  /// Starts an episode; the same seed gives the same episode to the last bit.
  public func reset(seed: UInt64) {
    field = Self.initialField(seed: seed, options: options)
  }

  /// The present value of one observation space.
  ///
  /// `agent_pos` [2] is the agent's place; `block_pose` [3] the origin of the T's frame (the middle
  /// of its bar's outer edge) and its angle in [0, 2π); `keypoints` [18] the places x, y of nine
  /// points on the T, those of the human demonstrations of Chi et al. 2023; `image` the present
  /// picture.
  ///
  /// - Throws: `UnknownName` for any other name.
  public func observation(_ name: String) throws -> ObservationValue {
    switch name {
    case "agent_pos": return .float32([field.agent.x, field.agent.y])
    case "block_pose":
      let pose = field.block
      return .float32([pose.position.x, pose.position.y, pose.wrappedAngle])
    case "keypoints":
      return .float32(field.block.placed(TShape.keypoints).flatMap { [$0.x, $0.y] })
    case "image":
      return .uint8(try scene.rgb(width: options.imageSize, height: options.imageSize))
    default:
      throw UnknownName(
        kind: "observation of push-t", name: name, known: description.observations.map(\.name))
    }
  }

  /// Moves the agent towards the action, a place in the workspace, for a tenth of a second.
  ///
  /// The reward is min(coverage / 0.95, 1), where coverage is the area of the T on the goal divided
  /// by the goal's; an episode ends in success where the coverage is above 0.95. A score that is
  /// comparable with published ones is the mean over episodes of the *largest* reward.
  ///
  /// - Throws: ``EnvironmentError`` for an action of another length, or with a NaN or infinity.
  public func step(_ action: [Float]) throws -> StepResult {
    let target = try description.action.clamped(action)
    var next = field
    try PushTWorld.advance(&next, towards: SIMD2(target[0], target[1]))
    next.stepCount += 1
    let coverage = self.coverage(of: next)
    let isSuccess = coverage > Self.successCoverage
    let completed = isSuccess && !next.isSolved ? [0] : []
    next.isSolved = next.isSolved || isSuccess
    field = next
    return StepResult(
      reward: Float(min(coverage / Self.successCoverage, 1)), completed: completed,
      isSuccess: isSuccess, isFinished: isSuccess || field.stepCount >= Self.episodeLimit)
  }

  /// The share of the goal that the T covers now, 0…1.
  public var coverage: Double { coverage(of: field) }

  private func coverage(of field: PushTField) -> Double { Coverage.of(field.block) }

  /// Everything needed to continue from here: agent x, y and their velocities; T x, y, angle (full
  /// turns count); its angle at the start; step count; the first face touched; whether it is
  /// solved.
  public var state: [Float] { field.state }

  /// Goes back to a saved state, from which everything continues as it did.
  ///
  /// - Throws: ``EnvironmentError`` for a state of another length or with impossible values.
  public func restore(_ state: [Float]) throws {
    field = try PushTField(state: state)
  }

  /// At which face the T was first moved, and which way it has turned since the start.
  ///
  /// Keys: `first_face` (`top`, `right end` … as seen with the stem below the bar) and `turned`
  /// (clockwise, counterclockwise); empty until the T is touched.
  public var behaviour: [String: String] {
    guard let face = field.firstFace else { return [:] }
    return [
      "first_face": TShape.faceNames[face],
      "turned": field.block.angle < field.startAngle ? "counterclockwise" : "clockwise",
    ]
  }

  /// The present picture, in pixels of the workspace.
  public var scene: Scene { PushTScene.scene(of: field) }
}

extension PushTEnvironment {
  static func initialField(seed: UInt64, options: Options) -> PushTField {
    if options.publicStarts { return PublicStarts.field(seed: seed) }
    var field = PushTField.random(seed: seed)
    // The public reset ends with one physics step. Without memory for it, the first action makes
    // it.
    try? PushTWorld.settle(&field)
    return field
  }

  private static func description(of options: Options) -> EnvironmentDescription {
    func point(_ name: String, from low: Float = 0, to high: Float = 512) -> [Space.Component] {
      ["x", "y"].map { Space.Component("\(name)_\($0)", from: low, to: high, unit: "px") }
    }
    let angle = Space.Component("block_angle", from: 0, to: 2 * .pi, unit: "rad", isAngle: true)
    // A T that the agent presses against a wall may stick out of the workspace.
    let keypoints = TShape.keypoints.indices.flatMap { point("keypoint\($0)", from: -128, to: 640) }
    return EnvironmentDescription(
      name: "push-t", options: options.values,
      observations: [
        Space("agent_pos", point("agent")),
        Space("block_pose", point("block") + [angle]),
        Space("keypoints", keypoints),
        Space(image: "image", height: options.imageSize, width: options.imageSize),
      ],
      action: Space("action", point("target")), controlRate: Double(PushTWorld.controlRate),
      episodeLimit: episodeLimit, subtasks: ["the T on the goal"])
  }
}
