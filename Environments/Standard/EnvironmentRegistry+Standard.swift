@_exported public import Claw
@_exported public import EnvironmentInterface
@_exported public import Push
@_exported public import PushT

extension EnvironmentRegistry {
  /// Every environment of this package, in the order in which they are listed.
  ///
  /// A program with worlds of its own makes its registry of these entries and its own:
  /// `EnvironmentRegistry(EnvironmentRegistry.standard.entries + [MyWorld.entry])`.
  public static let standard = EnvironmentRegistry([
    ClawEnvironment.entry, PushEnvironment.entry, PushTEnvironment.entry,
  ])
}
