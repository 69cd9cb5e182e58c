import EnvironmentInterface
import Foundation

enum PushScene {
  static func scene(of field: PushField, tolerance: Float) -> Scene {
    Scene(from: .init(-1.08, -1.08), to: .init(1.08, 1.08), background: .init(1, 1, 1))
  }
}
