import Drawing
public import EnvironmentInterface
import Foundation
import Naming
import Physics
import Randomness

/// An arcade claw machine from above: say where the claw comes down.
///
/// The scene of Pearce et al., "Imitating human behaviour with diffusion models", ICLR 2023, Figure
/// 1, with physics. One to four toys lie on the field |x|, |y| ≤ 1; one step is one whole drop.
/// Demonstrators choose any toy and any point on it, so the average of what they do is the floor
/// between the toys.
public final class ClawEnvironment: Environment {
  /// What was chosen.
  public let options: ClawOptions
  /// Spaces, clock and task.
  public let description: EnvironmentDescription
  var field: ClawField

  /// Creates the environment in its first episode, that of seed 0.
  ///
  /// - Throws: ``EnvironmentError/optionOutOfRange(name:value:low:high:)``.
  public init(options: ClawOptions = ClawOptions()) throws {
    try options.check()
    self.options = options
    description = Self.description(of: options)
    field = ClawField.drawn(
      seed: 0, count: options.minimumToys...options.toys, slots: options.toys)
  }

  /// Starts an episode; the same seed gives the same episode to the last bit.
  public func reset(seed: UInt64) {
    field = ClawField.drawn(
      seed: seed, count: options.minimumToys...options.toys, slots: options.toys)
  }

  /// The present value of one observation space.
  ///
  /// - Throws: `UnknownName` for any name but `state` and
  ///   `image`.
  public func observation(_ name: String) throws -> ObservationValue {
    switch name {
    case "state": return .float32(stateObservation)
    case "image":
      let size = options.imageSize
      return .uint8(try ClawImage.scene(of: field).rgb(width: size, height: size))
    default:
      throw UnknownName(
        kind: "observation of claw", name: name, known: description.observations.map(\.name))
    }
  }

  private var stateObservation: [Float] {
    var values: [Float] = []
    for slot in 0..<options.toys {
      guard slot < field.toys.count, field.toys[slot].isPresent else {
        values += [Float](repeating: 0, count: 5 + ToyKind.allCases.count)
        continue
      }
      let toy = field.toys[slot]
      values += [1, toy.position.x, toy.position.y, cosf(toy.angle), sinf(toy.angle)]
      values += ToyKind.allCases.map { $0 == toy.kind ? 1 : 0 }
    }
    values.append(Float(max(options.dropLimit - field.dropCount, 0)))
    return values
  }

  /// Drops the claw on a point of the field: [x, y].
  ///
  /// The reward is 1 for a toy that reaches the chute.
  ///
  /// - Throws: ``EnvironmentError`` for an action of another length, or with a NaN or infinity.
  public func step(_ action: [Float]) throws -> StepResult {
    let target = try description.action.clamped(action)
    var next = field
    let delivered = try ClawDrop.run(&next, at: SIMD2(target[0], target[1]))
    field = next
    let isSuccess = field.deliveryCount >= min(field.toys.count, options.dropLimit)
    return StepResult(
      reward: delivered == nil ? 0 : 1,
      completed: delivered.map { [field.toys[$0].kind.rawValue] } ?? [], isSuccess: isSuccess,
      isFinished: isSuccess || field.dropCount >= options.dropLimit)
  }

  /// Everything needed to continue from here.
  public var state: [Float] { field.state }

  /// Goes back to a saved state, from which everything continues as it did.
  ///
  /// - Throws: ``EnvironmentError`` for a state of another length or with impossible values.
  public func restore(_ state: [Float]) throws {
    field = try ClawField(state: state, slots: options.toys)
  }

  /// Which toys were delivered, in order: `order` → `bear, ball`, and `first_toy` → `bear`.
  public var behaviour: [String: String] {
    let delivered = field.toys.filter { !$0.isPresent }.sorted { $0.delivery < $1.delivery }
    guard let first = delivered.first else { return [:] }
    return [
      "first_toy": first.kind.name, "order": delivered.map(\.kind.name).joined(separator: ", "),
    ]
  }

  /// The present picture, in field units.
  public var scene: Scene { ClawScene.scene(of: field, options: options) }

  private static func description(of options: ClawOptions) -> EnvironmentDescription {
    var components: [Space.Component] = []
    for slot in 0..<options.toys {
      components += [
        Space.Component("toy\(slot)_present", from: 0, to: 1),
        Space.Component("toy\(slot)_x", from: -1, to: 1, unit: "field"),
        Space.Component("toy\(slot)_y", from: -1, to: 1, unit: "field"),
        Space.Component("toy\(slot)_cos", from: -1, to: 1),
        Space.Component("toy\(slot)_sin", from: -1, to: 1),
      ]
      components += ToyKind.allCases.map {
        Space.Component("toy\(slot)_is_\($0.name)", from: 0, to: 1)
      }
    }
    components.append(
      Space.Component("drops_left", from: 0, to: Float(options.dropLimit), unit: "drops"))
    return EnvironmentDescription(
      name: "claw", options: options.values,
      observations: [
        Space("state", components),
        Space(image: "image", height: options.imageSize, width: options.imageSize),
      ],
      action: Space(
        "action",
        ["x", "y"].map { Space.Component("drop_\($0)", from: -1, to: 1, unit: "field") }),
      controlRate: 0, episodeLimit: options.dropLimit,
      subtasks: ToyKind.allCases.map { "\($0.name) delivered" })
  }
}
