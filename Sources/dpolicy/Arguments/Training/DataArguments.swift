import ArgumentParser
import Demonstrations
import Imitation
import Naming

/// The flags of a training that say what of demonstrations is looked at, and how it is scaled.
struct DataArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Observations to use; by default all numbers that every episode has.",
      valueName: "a,b"), completion: .custom(ObservationNames.completions))
  var observations: NameList?

  @Option(
    help: ArgumentHelp(
      """
      What is learnt (actions if not given): another dataset of each episode, such as actions_abs, \
      or obs/block_pose, for an estimator that 'rollout --estimator' takes.
      """, valueName: "dataset"))
  var actions: String?

  @Option(
    name: .customLong("angle"),
    help: ArgumentHelp(
      "A value that is an angle, in radians, or in degrees with :degrees after it; may be repeated.",
      valueName: "name.index"))
  var angles: [String] = []

  @Option(
    name: .customLong("quaternion"),
    help: ArgumentHelp(
      "Four values that are a unit quaternion, such as actions.3-6; may be repeated.",
      valueName: "name.a-b", visibility: .hidden))
  var quaternions: [String] = []

  @Option(
    name: .customLong("discrete"),
    help: ArgumentHelp(
      "An action value that is one of a few, such as a gripper; may be repeated.",
      valueName: "actions.index",
      visibility: .hidden))
  var discrete: [String] = []

  @Option(
    name: .customLong("relative"),
    help: ArgumentHelp(
      "Learn actions as distances from an observation's values, such as actions=agent_pos; may be"
        + " repeated.", valueName: "actions[.a]=name[.b]", visibility: .hidden))
  var relative: [String] = []

  @Option(
    help: ArgumentHelp(
      "How values are scaled, all or one by name: \(Normalisation.names.joined(separator: ", ")); may"
        + " be repeated.", valueName: "[name=]how", visibility: .hidden))
  var normalisation: [String] = []

  @Option(
    help: ArgumentHelp(
      "Actions past an episode's end: \(Padding.names.joined(separator: " or ")) them in the loss"
        + " (\(Padding.repeat.rawValue) if not given).", visibility: .hidden),
    completion: .list(Padding.names))
  var padding: String?

  @Option(
    help: "Use only the episodes in this mask, such as 'good'.")
  var mask: String?

  @Option(
    help: "Learn from so many episodes, drawn by the seed; the fewer are among the more.")
  var episodes: Int?

  @Option(
    help: ArgumentHelp(
      "Hold out a share of the episodes, or those of a mask, to validate on.",
      valueName: "share|mask"))
  var validation: String?

  @Option(
    help: ArgumentHelp(
      "Memory for demonstrations (2G if not given); what does not fit is read from disk.",
      valueName: "size"),
    transform: { text in
      guard let count = ByteCount(parsing: text) else {
        throw ValidationError("a size is written as 512M or 2G.")
      }
      return count
    })
  var memory: ByteCount?
}
