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

  /// From the tail at −x to the head at +x, one wave.
  private static let snakeDiscs = [
    Disc(center: [-0.250, 0.009], radius: 0.026),
    Disc(center: [-0.200, -0.026], radius: 0.035),
    Disc(center: [-0.150, -0.050], radius: 0.044),
    Disc(center: [-0.100, -0.053], radius: 0.048),
    Disc(center: [-0.050, -0.034], radius: 0.052),
    Disc(center: [0.000, 0.000], radius: 0.056),
    Disc(center: [0.050, 0.034], radius: 0.055),
    Disc(center: [0.100, 0.053], radius: 0.053),
    Disc(center: [0.150, 0.050], radius: 0.052),
    Disc(center: [0.200, 0.026], radius: 0.050),
    Disc(center: [0.250, -0.009], radius: 0.062),
  ]
}
