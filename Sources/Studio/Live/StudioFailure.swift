/// What a page can ask for that cannot be done.
public enum StudioFailure: Error, CustomStringConvertible, Sendable, Hashable {
  /// A message that is none, or has a field that is missing or wrong.
  case badMessage(reason: String)
  /// A path that leads out of the folder, or that is none.
  case outside(path: String, folder: String)
  /// A path that is not a folder.
  case noFolder(path: String)
  /// A command that is for another time.
  case notNow(command: String, reason: String)
  /// An environment that a pointer cannot steer.
  case notSteerable(environment: String, action: [String])
  /// An episode that cannot be drawn.
  case notDrawable(reason: String)

  /// What is wrong and what would be right.
  public var description: String {
    switch self {
    case .badMessage(let reason): "cannot understand this message: \(reason)"
    case .outside(let path, let folder):
      "'\(path)' is not inside the folder that the studio was started on (\(folder))"
    case .noFolder(let path): "'\(path)' is not a folder"
    case .notNow(let command, let reason): "cannot \(command) now: \(reason)"
    case .notSteerable(let environment, let action):
      "'\(environment)' cannot be steered with a pointer: its action is "
        + "(\(action.joined(separator: ", "))), but must be a place, x and y of one unit"
    case .notDrawable(let reason): "this episode cannot be drawn: \(reason)"
    }
  }
}
