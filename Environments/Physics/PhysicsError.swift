import CBox2D

/// What can go wrong in a world.
public enum PhysicsError: Error, CustomStringConvertible, Sendable, Hashable {
  /// An argument that no world can use.
  case badArgument(doing: String)
  /// No memory.
  case failure(doing: String)

  /// What is wrong and what would be right.
  public var description: String {
    switch self {
    case .badArgument(let doing):
      return "\(doing): lengths, densities and times must be finite and above 0, coefficients at "
        + "least 0, and polygons have 3 to 8 vertices that span an area"
    case .failure(let doing):
      return "\(doing): the physics library is out of memory"
    }
  }

  /// Throws what a negative status of the C interface means.
  static func check(_ status: Int32, doing: @autoclosure () -> String) throws(PhysicsError) {
    if status >= 0 { return }
    throw status == CBOX2D_FAILURE ? .failure(doing: doing()) : .badArgument(doing: doing())
  }
}
