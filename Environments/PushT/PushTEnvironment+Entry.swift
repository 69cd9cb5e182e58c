public import EnvironmentInterface
import Naming

extension PushTEnvironment {
  /// How a registry makes push-t and its demonstrator.
  public static let entry = EnvironmentEntry(
    name: "push-t",
    summary: "A round agent pushes a T onto its outline: the public Push-T benchmark.",
    options: [
      EnvironmentOption(
        "public_starts", default: 0, from: 0, to: 1, isWhole: true,
        "1 to start from the public evaluation's 50 states: seed s has start s mod 50")
    ],
    make: { values in
      var options = Options()
      options.publicStarts = values["public_starts"] == 1
      return PushTEnvironment(options: options)
    },
    makeDemonstrator: { environment in
      guard let pushT = environment as? PushTEnvironment else {
        throw UnknownName(
          kind: "environment for the demonstrator of push-t", name: environment.description.name,
          known: ["push-t"])
      }
      return PushTDemonstrator(pushT)
    })
}
