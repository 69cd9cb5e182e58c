public import EnvironmentInterface

extension PushTEnvironment {
  /// How a registry makes push-t and its demonstrator.
  public static let entry = EnvironmentEntry(
    name: "push-t",
    summary: "A round agent pushes a T onto its outline: the public Push-T benchmark.",
    make: { (options: Options) in PushTEnvironment(options: options) },
    demonstrator: { ($0 as? PushTEnvironment).map(PushTDemonstrator.init) })
}

extension PushTEnvironment.Options: EnvironmentOptions {
  /// The options as they are declared.
  public static let options: [DeclaredOption<PushTEnvironment.Options>] = [
    .flag(
      "public_starts", \.publicStarts,
      "1 to start from the public evaluation's 50 states: seed s has start s mod 50"),
    .whole(
      "image_size", \.imageSize, from: 8, to: 512,
      "the side of the observation 'image' in pixels"),
  ]
}
