public import EnvironmentInterface

extension PushEnvironment {
  /// How a registry makes push and its demonstrator.
  public static let entry = EnvironmentEntry(
    name: "push", summary: "A round pusher brings two blocks to two zones, in any order.",
    make: { (options: Options) in PushEnvironment(options: options) },
    demonstrator: { ($0 as? PushEnvironment).map(PushDemonstrator.init) })
}

extension PushEnvironment.Options: EnvironmentOptions {
  /// The options as they are declared.
  public static let options: [DeclaredOption<PushEnvironment.Options>] = [
    .number(
      "spread", \.spread, from: 0, to: 1,
      "how far blocks, zones and pusher start from their usual places"),
    .number(
      "tolerance", \.tolerance, from: 0.03, to: 0.3,
      "how near to a zone's centre a block's centre must be"),
    .whole(
      "image_size", \.imageSize, from: 8, to: 512,
      "the side of the observation 'image' in pixels"),
  ]
}
