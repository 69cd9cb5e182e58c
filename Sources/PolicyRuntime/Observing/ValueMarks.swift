/// What some values mean that a file does not say: angles, rotations, categories.
public struct ValueMarks: Sendable, Hashable {
  /// Values that are angles.
  public var angles: [AngleMark]
  /// Values that are unit quaternions.
  public var quaternions: [QuaternionMark]
  /// Values of actions that are one of a few.
  public var discrete: [DiscreteMark]
  /// Values of actions that are relative to where something is.
  public var relative: [RelativeMark]

  /// Creates marks.
  public init(
    angles: [AngleMark] = [], quaternions: [QuaternionMark] = [], discrete: [DiscreteMark] = [],
    relative: [RelativeMark] = []
  ) {
    self.relative = relative
    self.angles = angles
    self.quaternions = quaternions
    self.discrete = discrete
  }

  /// The name by which actions are marked.
  public static let actions = "actions"
}

/// Says that four values, one after another, are a unit quaternion, in whichever order.
public struct QuaternionMark: Sendable, Hashable, CustomStringConvertible {
  /// The observation's name, or `actions`.
  public var name: String
  /// The first of the four values, from 0.
  public var start: Int

  /// Creates a mark.
  public init(_ name: String, _ start: Int) {
    self.name = name
    self.start = start
  }

  /// Reads a mark such as `actions.3-6`.
  ///
  /// - Throws: ``WindowError/malformedMark(text:right:)``.
  public init(parsing text: String) throws {
    let right = "NAME.FIRST-LAST of four values, such as actions.3-6"
    guard let dot = text.lastIndex(of: "."), dot != text.startIndex else {
      throw WindowError.malformedMark(text: text, right: right)
    }
    let ends = text[text.index(after: dot)...].split(separator: "-").map { Int($0) }
    guard ends.count == 2, let first = ends[0], let last = ends[1], first >= 0, last == first + 3
    else { throw WindowError.malformedMark(text: text, right: right) }
    self.init(String(text[..<dot]), first)
  }

  /// The mark as it is written on the command line.
  public var description: String { "\(name).\(start)-\(start + 3)" }
}

/// Says that one value of the actions is one of a few, such as a gripper that is open or shut.
public struct DiscreteMark: Sendable, Hashable, CustomStringConvertible {
  /// Which value of an action, from 0.
  public var index: Int

  /// Creates a mark.
  public init(_ index: Int) {
    self.index = index
  }

  /// Reads a mark such as `actions.6`.
  ///
  /// - Throws: ``WindowError/malformedMark(text:right:)``.
  public init(parsing text: String) throws {
    guard text.hasPrefix("\(ValueMarks.actions)."), let index = Int(text.dropFirst(8)), index >= 0
    else {
      throw WindowError.malformedMark(
        text: text, right: "actions.INDEX, such as actions.6; observations cannot be marked so")
    }
    self.init(index)
  }

  /// The mark as it is written on the command line.
  public var description: String { "\(ValueMarks.actions).\(index)" }
}
