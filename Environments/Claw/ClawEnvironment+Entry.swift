public import EnvironmentInterface
import Naming

extension ClawEnvironment {
  /// How a registry makes the claw machine and its demonstrator.
  public static let entry = EnvironmentEntry(
    name: "claw",
    summary: "A claw machine from above: choose the point at which the claw comes down.",
    options: ClawOptions.declared,
    make: { try ClawEnvironment(options: ClawOptions($0)) },
    makeDemonstrator: { environment in
      guard let claw = environment as? ClawEnvironment else {
        throw UnknownName(
          kind: "environment for the demonstrator of claw", name: environment.description.name,
          known: ["claw"])
      }
      return ClawDemonstrator(claw)
    })
}
