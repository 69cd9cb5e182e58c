public import EnvironmentInterface

/// What may be chosen about the claw machine and its demonstrator.
public struct ClawOptions: EnvironmentOptions, Codable, Hashable {
  /// The largest number of toys, 1…4.
  public var toys = 4
  /// The smallest number of toys, 1…`toys`.
  public var minimumToys = 1
  /// The number of drops in an episode; 0 for two more than the largest number of toys.
  public var drops = 1
  /// The demonstrator aims at toys made thinner by this factor, above 0 and at most 1.
  ///
  /// Each disc of a toy, or the box, shrinks about its own centre.
  public var shrink: Double = 0.7
  /// How often the demonstrator chooses a kind of toy where there are several: relative weights.
  ///
  /// When every toy that is present weighs nothing, each is as likely as the others.
  public var weights: [ToyKind: Double] = [:]
  /// The side of the observation `image` in pixels, 8…512.
  public var imageSize = 32

  /// Creates the default options.
  public init() {}

  /// The number of drops that an episode has.
  public var dropLimit: Int { drops > 0 ? drops : toys + 2 }

  /// The weight of a kind of toy, 1 unless chosen.
  public func weight(of kind: ToyKind) -> Double { weights[kind] ?? 1 }

  /// The options as they are declared.
  public static let options: [DeclaredOption<ClawOptions>] =
    [
      .whole("toys", \.toys, from: 1, to: 4, "the largest number of toys"),
      .whole("minimum_toys", \.minimumToys, from: 1, to: 4, "the smallest number of toys"),
      .whole(
        "drops", \.drops, from: 0, to: 20,
        "drops in an episode; 0 for two more than the largest number of toys"),
      .number(
        "shrink", \.shrink, from: 0.05, to: 1,
        "the demonstrator aims at toys made thinner by this factor"),
      .whole(
        "image_size", \.imageSize, from: 8, to: 512,
        "the side of the observation 'image' in pixels"),
    ]
    + ToyKind.allCases.map { kind in
      .number(
        "weight_\(kind.name)", \.[weightOf: kind], from: 0, to: 100,
        "how often the demonstrator chooses the \(kind.name), relative to the others")
    }

  /// Checks that the smallest number of toys is not above the largest.
  ///
  /// - Throws: ``EnvironmentError/optionOutOfRange(name:value:low:high:)``.
  public func checkTogether() throws(EnvironmentError) {
    guard minimumToys <= toys else {
      throw EnvironmentError.optionOutOfRange(
        name: "minimum_toys", value: Double(minimumToys), low: 1, high: Double(toys))
    }
  }

  private subscript(weightOf kind: ToyKind) -> Double {
    get { weight(of: kind) }
    set { weights[kind] = newValue }
  }
}
