import EnvironmentInterface
enum ClawScene {
  static func scene(of field: ClawField, options: ClawOptions) -> Scene {
    Scene(from: .init(-1.2, -1.5), to: .init(1.2, 1.2), background: .init(1, 1, 1))
  }
}
