public import Imitation

/// One setting of training or sampling that a benchmark varies.
///
/// Settings of sampling (`policy.sampler…`) share one training; any other trains for each value.
/// Several sweeps are crossed: each value of one with each of the other.
public struct Sweep: Codable, Sendable, Hashable {
  /// The setting's path in the training's configuration, such as
  /// `policy.sampler.noise_steps.count`.
  public var setting: String
  /// The values, at least one; a value may be a group of settings.
  public var values: [Settings.Value]

  /// Creates a sweep.
  public init(_ setting: String, values: [Settings.Value]) {
    self.setting = setting
    self.values = values
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case setting, values
  }

  /// Reads a sweep.
  ///
  /// - Throws: `UnknownName` for an unknown key, and `DecodingError` for a missing
  ///   one.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.strictContainer(CodingKeys.self, of: "a sweep")
    setting = try container.decode(String.self, forKey: .setting)
    values = try container.decode([Settings.Value].self, forKey: .values)
  }

  /// Checks that there are values and that the setting is not one that a benchmark chooses itself.
  ///
  /// - Throws: ``EvaluationError``.
  func check() throws(EvaluationError) {
    try Settings(path: setting, values.first ?? .none).refuseWhatBenchmarksChoose(
      in: "the sweep of '\(setting)'")
    let variants = Set(values.map { Variant([setting: $0]) })
    guard !values.isEmpty, variants.count == values.count else {
      throw .badSetting(
        name: "sweep of \(setting)", value: "[\(Settings.Value.list(values))]",
        expected: "different values, at least one")
    }
  }

  /// The crossed values of several sweeps, the last one varying fastest; one empty variant where
  /// there are none.
  static func variants(of sweeps: [Sweep]) -> [Variant] {
    sweeps.reduce([Variant()]) { variants, sweep in
      variants.flatMap { variant in
        sweep.values.map { value in
          Variant(variant.values.merging([sweep.setting: value]) { $1 })
        }
      }
    }
  }
}

/// What distinguishes cells of the same method and network: the swept settings with their values.
public struct Variant: Codable, Sendable, Hashable {
  /// The values by their settings' paths; empty where nothing is swept.
  public private(set) var values: [String: Settings.Value]

  /// Creates a variant; whole numbers count as such however they are written.
  public init(_ values: [String: Settings.Value] = [:]) {
    self.values = values.mapValues(\.withWholeNumbers)
  }

  /// Reads the mapping.
  public init(from decoder: any Decoder) throws {
    try self.init([String: Settings.Value](from: decoder))
  }

  /// Writes the mapping.
  public func encode(to encoder: any Encoder) throws {
    try values.encode(to: encoder)
  }

  /// Whether nothing is swept.
  public var isEmpty: Bool { values.isEmpty }

  /// The variant with those settings only that a test lets through.
  public func filter(_ isKept: (String) throws -> Bool) rethrows -> Variant {
    try Variant(values.filter { try isKept($0.key) })
  }

  /// A setting's value in words; empty where it is not set.
  func text(of setting: String) -> String { values[setting].map { "\($0)" } ?? "" }

  /// `sampler.noise_steps.count 10`; empty where nothing is swept.
  var label: String {
    values.sorted { $0.key < $1.key }
      .map { "\(Self.shortName($0.key)) \($0.value)" }.joined(separator: ", ")
  }

  /// A setting without what all settings of policies begin with.
  static func shortName(_ setting: String) -> String {
    setting.hasPrefix("policy.") ? String(setting.dropFirst("policy.".count)) : setting
  }
}

extension Settings.Value {
  fileprivate var withWholeNumbers: Settings.Value {
    switch self {
    case .number(let value): Int(exactly: value).map { .integer($0) } ?? self
    case .list(let values): .list(values.map(\.withWholeNumbers))
    case .group(let values): .group(values.mapValues(\.withWholeNumbers))
    default: self
    }
  }
}

extension Settings {
  /// Refuses settings of a training that a benchmark sets for each cell.
  ///
  /// - Throws: ``EvaluationError/chosenElsewhere(setting:place:by:)``.
  func refuseWhatBenchmarksChoose(in place: String) throws(EvaluationError) {
    for (setting, chooser) in [
      ("seed", "seeds"), ("policy.method", "methods"), ("policy.backbone", "backbones"),
      ("policy.backbone.kind", "backbones"),
    ] {
      // The settings of a method or a network are another matter than which one it is.
      guard let value = value(at: setting) else { continue }
      if case .group = value { continue }
      throw .chosenElsewhere(setting: setting, place: place, by: chooser)
    }
  }
}
