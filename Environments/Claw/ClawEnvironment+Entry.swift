public import EnvironmentInterface

extension ClawEnvironment {
  /// How a registry makes the claw machine and its demonstrator.
  public static let entry = EnvironmentEntry(
    name: "claw",
    summary: "A claw machine from above: choose the point at which the claw comes down.",
    make: { (options: ClawOptions) in try ClawEnvironment(options: options) },
    demonstrator: { ($0 as? ClawEnvironment).map(ClawDemonstrator.init) })
}
