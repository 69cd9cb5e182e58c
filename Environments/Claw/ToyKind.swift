/// A kind of toy.
public enum ToyKind: Int, Codable, Sendable, CaseIterable {
  /// A circle.
  case ball
  /// A square.
  case box
  /// A compound of circles: body, head, ears, paws.
  case bear
  /// A chain of circles.
  case snake

  /// The kind's name.
  public var name: String {
    switch self {
    case .ball: "ball"
    case .box: "box"
    case .bear: "bear"
    case .snake: "snake"
    }
  }

  /// What it looks like from above, about its origin.
  ///
  /// Every silhouette holds the copies of itself that are shrunk about the origin, so that a point
  /// of a shrunk one is a point of the toy.
  package var silhouette: Silhouette {
    switch self {
    case .ball: .discs([Disc(center: .zero, radius: 0.15)])
    case .box: .square(half: 0.13)
    case .bear: .discs(Self.bearDiscs)
    case .snake: .discs(Self.snakeDiscs)
    }
  }

  /// Body, head, ears, arms, legs; the head looks along +y.
  private static let bearDiscs = [
    Disc(center: [0, -0.05], radius: 0.12),
    Disc(center: [0, 0.1], radius: 0.095),
    Disc(center: [-0.075, 0.165], radius: 0.042),
    Disc(center: [0.075, 0.165], radius: 0.042),
    Disc(center: [-0.115, 0.0], radius: 0.045),
    Disc(center: [0.115, 0.0], radius: 0.045),
    Disc(center: [-0.08, -0.14], radius: 0.052),
    Disc(center: [0.08, -0.14], radius: 0.052),
  ]

  /// From the tail at −x to the head at +x, one wave; as wide as it is so that it holds its shrunk
  /// copies.
  private static let snakeDiscs = [
    Disc(center: [-0.25, -0.018], radius: 0.032),
    Disc(center: [-0.195, -0.038], radius: 0.046),
    Disc(center: [-0.135, -0.04], radius: 0.056),
    Disc(center: [-0.07, -0.022], radius: 0.06),
    Disc(center: [0, 0], radius: 0.062),
    Disc(center: [0.07, 0.022], radius: 0.06),
    Disc(center: [0.135, 0.036], radius: 0.056),
    Disc(center: [0.205, 0.034], radius: 0.066),
  ]
}
