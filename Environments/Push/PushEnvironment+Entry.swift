public import EnvironmentInterface
import Naming

extension PushEnvironment {
  /// How a registry makes push and its demonstrator.
  public static let entry = EnvironmentEntry(
    name: "push",
    summary: "A round pusher brings two blocks to two zones, in any order.",
    options: [
      EnvironmentOption(
        "spread", default: 1, from: 0, to: 1,
        "how far blocks, zones and pusher start from their usual places"),
      EnvironmentOption(
        "tolerance", default: 0.2, from: 0.03, to: 0.3,
        "how near to a zone's centre a block's centre must be"),
      EnvironmentOption(
        "image_size", default: 32, from: 8, to: 512, isWhole: true,
        "the side of the observation 'image' in pixels"),
    ],
    make: { values in
      var options = Options()
      if let spread = values["spread"] { options.spread = spread }
      if let tolerance = values["tolerance"] { options.tolerance = tolerance }
      if let size = values["image_size"] { options.imageSize = Int(size) }
      return PushEnvironment(options: options)
    },
    makeDemonstrator: { environment in
      guard let push = environment as? PushEnvironment else {
        throw UnknownName(
          kind: "environment for the demonstrator of push", name: environment.description.name,
          known: ["push"])
      }
      return PushDemonstrator(push)
    })
}
