import Naming

/// What may be chosen about an environment: a value whose properties are declared as options, each
/// once, by key path.
public protocol EnvironmentOptions: Sendable {
  /// Creates the default options.
  init()

  /// Every option: its name, range and meaning, and the property that holds its value.
  static var options: [DeclaredOption<Self>] { get }

  /// Checks what concerns several options at once; nothing unless said otherwise.
  ///
  /// - Throws: ``EnvironmentError``.
  func checkTogether() throws(EnvironmentError)
}

/// An option of an environment and the property that holds its value.
public struct DeclaredOption<Options: EnvironmentOptions>: Sendable {
  /// What it is for whoever chooses.
  public let option: EnvironmentOption
  let get: @Sendable (Options) -> Double
  let set: @Sendable (inout Options, Double) -> Void

  private init(
    _ name: String, from low: Double, to high: Double, isWhole: Bool, _ summary: String,
    get: @escaping @Sendable (Options) -> Double,
    set: @escaping @Sendable (inout Options, Double) -> Void
  ) {
    option = EnvironmentOption(
      name, default: get(Options()), from: low, to: high, isWhole: isWhole, summary)
    self.get = get
    self.set = set
  }

  /// A number; its default is what the property holds at first.
  public static func number(
    _ name: String, _ path: any WritableKeyPath<Options, Double> & Sendable, from low: Double,
    to high: Double, _ summary: String
  ) -> DeclaredOption {
    DeclaredOption(
      name, from: low, to: high, isWhole: false, summary, get: { $0[keyPath: path] },
      set: { $0[keyPath: path] = $1 })
  }

  /// A whole number; its default is what the property holds at first.
  public static func whole(
    _ name: String, _ path: any WritableKeyPath<Options, Int> & Sendable, from low: Int,
    to high: Int, _ summary: String
  ) -> DeclaredOption {
    DeclaredOption(
      name, from: Double(low), to: Double(high), isWhole: true, summary,
      get: { Double($0[keyPath: path]) }, set: { $0[keyPath: path] = Int($1) })
  }

  /// A choice of two, 1 for yes; its default is what the property holds at first.
  public static func flag(
    _ name: String, _ path: any WritableKeyPath<Options, Bool> & Sendable, _ summary: String
  ) -> DeclaredOption {
    DeclaredOption(
      name, from: 0, to: 1, isWhole: true, summary, get: { $0[keyPath: path] ? 1 : 0 },
      set: { $0[keyPath: path] = $1 == 1 })
  }
}

extension EnvironmentOptions {
  /// Nothing that concerns several options at once.
  public func checkTogether() throws(EnvironmentError) {}

  /// The options as a registry lists them.
  public static var declared: [EnvironmentOption] { options.map(\.option) }

  /// The values as a registry takes them, each under its option's name.
  public var values: [String: Double] {
    Dictionary(uniqueKeysWithValues: Self.options.map { ($0.option.name, $0.get(self)) })
  }

  /// Creates options from a registry's values; what is missing has its default.
  ///
  /// - Throws: `UnknownName` for a name that no option has, and ``EnvironmentError`` for an
  ///   impossible value.
  public init(_ values: [String: Double]) throws {
    self.init()
    let options = Self.options
    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
      guard let declared = options.first(where: { $0.option.name == name }) else {
        throw UnknownName(kind: "option", name: name, known: options.map(\.option.name))
      }
      try declared.option.check(value)
      declared.set(&self, value)
    }
    try checkTogether()
  }

  /// Throws where a value is one that its option cannot have.
  ///
  /// - Throws: ``EnvironmentError``.
  public func check() throws(EnvironmentError) {
    for declared in Self.options { try declared.option.check(declared.get(self)) }
    try checkTogether()
  }
}
