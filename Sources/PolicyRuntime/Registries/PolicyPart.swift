/// A part of a policy that is chosen by name and *is* its own settings: a ``Method`` or a
/// ``Backbone``.
///
/// In JSON it stands under its name, `{"sieve": {"hidden_width": 256, …}}`; what is left out there
/// has the value that ``init()`` gives it.
public protocol PolicyPart: Codable, Sendable, Hashable {
  /// The name by which it is chosen, such as `sieve`: lower-case words joined by hyphens.
  static var name: String { get }

  /// What it is, in a few words for tables of choices.
  static var summary: String { get }

  /// Creates the part with the settings that hold where nothing is said.
  init()

  /// Checks ranges that no type checks.
  ///
  /// - Throws: An error that names the setting, its value and what it must be.
  func validate() throws

  /// The sizes and choices that a table's protocol states, such as "3 hidden layers of 256"; nil
  /// for none.
  var words: String? { get }
}

extension PolicyPart {
  /// Nothing to check.
  public func validate() throws {}

  /// Nothing to state.
  public var words: String? { nil }

  /// The name by which the part is chosen.
  public var name: String { Self.name }

  /// The names of its settings, as in Swift.
  var settingNames: [String] { Mirror(reflecting: self).children.compactMap(\.label) }

  /// Whether it has a setting, however its name is spelled.
  func hasSetting(_ name: String) -> Bool {
    settingNames.contains { $0.spelledAlike == name.spelledAlike }
  }
}

extension String {
  /// The name without what distinguishes `extra_steps` from `extraSteps`.
  var spelledAlike: String { lowercased().filter { $0 != "_" } }

  /// A setting's name as files and `--set` have it: `noise_steps` for the property `noiseSteps`.
  package var asSetting: String {
    reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : String($1) }
  }
}
