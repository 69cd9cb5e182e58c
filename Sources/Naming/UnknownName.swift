/// A name that nothing has, with the names that exist.
public struct UnknownName: Error, CustomStringConvertible, Sendable, Hashable {
  /// What was named: "method", "option of push".
  public var kind: String
  /// The name as it was written.
  public var name: String
  /// The names that exist.
  public var known: [String]
  /// Where it was written, such as a file or a flag; nil where that is plain.
  public var source: String?

  /// Creates an error.
  public init(kind: String, name: String, known: [String], source: String? = nil) {
    self.source = source
    self.kind = kind
    self.name = name
    self.known = known
  }

  /// What is wrong, the nearest known name if one may be meant, and all of them.
  public var description: String {
    let nearest = nearestName(to: name, among: known).map { " (did you mean '\($0)'?)" } ?? ""
    return (source.map { "\($0): " } ?? "")
      + "unknown \(kind) '\(name)'\(nearest); known: \(known.joined(separator: ", "))"
  }
}
