/// Where a scene is looked at from, in pairs: from each of some entities towards each of others.
///
/// A frame stands at the one, and its first direction points to the other, so that "push this to
/// there" looks alike wherever both are, and all pairs share their part of the network: the *task
/// frames* of S. Calinon, "A tutorial on task-parameterized movement learning and retrieval",
/// Intelligent Service Robotics, 2016.
public struct SceneView: Sendable, Hashable {
  /// The entities at which frames stand.
  public var origins: [String]
  /// Those towards which they look.
  public var targets: [String]

  /// Creates a view.
  public init(from origins: [String], towards targets: [String]) {
    self.origins = origins
    self.targets = targets
  }

  /// Reads a view such as `red,blue>left_zone,right_zone`, which is four frames.
  ///
  /// - Throws: ``ImitationError/optionOutOfRange(name:value:range:)``.
  public init(parsing text: String) throws(ImitationError) {
    let sides = text.split(separator: ">", omittingEmptySubsequences: false).map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    guard sides.count == 2, sides.allSatisfy({ !$0.contains("") }),
      Set(sides[0] + sides[1]).count == sides[0].count + sides[1].count
    else {
      throw .optionOutOfRange(
        name: "a view", value: text,
        range: "ENTITY,…>ENTITY,…, each named once, such as red,blue>left_zone,right_zone")
    }
    self.init(from: sides[0], towards: sides[1])
  }
}
