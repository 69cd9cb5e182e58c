/// An environment of which several act at once for less than one after another, as worlds do that
/// share a process elsewhere.
public protocol JointEnvironment: Environment {
  /// Executes an action in each of several worlds; each goes on as if it had acted alone.
  ///
  /// - Parameters:
  ///   - worlds: Worlds, each once; those of another kind act by themselves.
  ///   - actions: For each its action, as ``Environment/step(_:)`` takes it.
  /// - Returns: For each what its step did.
  /// - Throws: ``EnvironmentError``; some may have acted then, so that all must be reset.
  func step(_ worlds: [any Environment], _ actions: [[Float]]) throws -> [StepResult]
}

extension [any Environment] {
  /// Executes an action in each world; those that can act together do.
  ///
  /// - Parameter actions: For each world its action, as ``Environment/step(_:)`` takes it.
  /// - Returns: For each what its step did.
  /// - Throws: ``EnvironmentError``; some may have acted then, so that all must be reset.
  public func step(_ actions: [[Float]]) throws -> [StepResult] {
    guard count > 1, let first = first as? any JointEnvironment else {
      return try zip(self, actions).map { try $0.step($1) }
    }
    return try first.step(self, actions)
  }
}
