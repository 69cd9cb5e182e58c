import EnvironmentInterface
import Naming

/// Arguments that cannot be used as they are.
struct UsageError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// Refuses a name that nothing has and names the nearest one.
///
/// - Throws: `UnknownName`.
func requireKnown(_ name: String, kind: String, among known: [String]) throws {
  guard known.contains(name) else {
    throw UnknownName(kind: kind, name: name, known: known)
  }
}
