public import EnvironmentInterface

/// What may be chosen about the claw machine and its demonstrator.
public struct ClawOptions: Codable, Sendable, Hashable {
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

  /// Creates options from a registry's values; what is missing has its default.
  ///
  /// - Throws: ``EnvironmentError/optionOutOfRange(name:value:low:high:)``.
  public init(_ values: [String: Double]) throws {
    for option in Self.declared {
      guard let value = values[option.name] else { continue }
      guard value >= option.low, value <= option.high else {
        throw EnvironmentError.optionOutOfRange(
          name: option.name, value: value, low: option.low, high: option.high)
      }
    }
    if let value = values["toys"] { toys = Int(value) }
    if let value = values["minimum_toys"] { minimumToys = Int(value) }
    if let value = values["drops"] { drops = Int(value) }
    if let value = values["shrink"] { shrink = value }
    if let value = values["image_size"] { imageSize = Int(value) }
    for kind in ToyKind.allCases {
      if let value = values["weight_\(kind.name)"] { weights[kind] = value }
    }
    try check()
  }

  /// The number of drops that an episode has.
  public var dropLimit: Int { drops > 0 ? drops : toys + 2 }

  /// The weight of a kind of toy, 1 unless chosen.
  public func weight(of kind: ToyKind) -> Double { weights[kind] ?? 1 }

  /// The options as a registry lists them.
  public static let declared: [EnvironmentOption] =
    [
      EnvironmentOption(
        "toys", default: 4, from: 1, to: 4, isWhole: true, "the largest number of toys"),
      EnvironmentOption(
        "minimum_toys", default: 1, from: 1, to: 4, isWhole: true, "the smallest number of toys"),
      EnvironmentOption(
        "drops", default: 1, from: 0, to: 20, isWhole: true,
        "drops in an episode; 0 for two more than the largest number of toys"),
      EnvironmentOption(
        "shrink", default: 0.7, from: 0.05, to: 1,
        "the demonstrator aims at toys made thinner by this factor"),
      EnvironmentOption(
        "image_size", default: 32, from: 8, to: 512, isWhole: true,
        "the side of the observation 'image' in pixels"),
    ]
    + ToyKind.allCases.map {
      EnvironmentOption(
        "weight_\($0.name)", default: 1, from: 0, to: 100,
        "how often the demonstrator chooses the \($0.name), relative to the others")
    }

  /// The values as a registry takes them.
  public var values: [String: Double] {
    var values: [String: Double] = [
      "toys": Double(toys), "minimum_toys": Double(minimumToys), "drops": Double(drops),
      "shrink": shrink, "image_size": Double(imageSize),
    ]
    for kind in ToyKind.allCases { values["weight_\(kind.name)"] = weight(of: kind) }
    return values
  }

  /// Throws where a value is outside its range.
  func check() throws {
    for option in Self.declared {
      let value = values[option.name] ?? option.defaultValue
      guard value >= option.low, value <= option.high else {
        throw EnvironmentError.optionOutOfRange(
          name: option.name, value: value, low: option.low, high: option.high)
      }
    }
    guard minimumToys <= toys else {
      throw EnvironmentError.optionOutOfRange(
        name: "minimum_toys", value: Double(minimumToys), low: 1, high: Double(toys))
    }
  }
}
