public import EnvironmentInterface

/// Shows how the T is brought to its goal.
public final class PushTDemonstrator: Demonstrator {
  private let environment: PushTEnvironment
  public init(_ environment: PushTEnvironment) { self.environment = environment }
  public func begin(seed: UInt64) {}
  public func action() -> [Float] { [256, 256] }
  public var choices: [String: String] { [:] }
}
