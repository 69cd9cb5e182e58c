extension Settings {
  /// One setting by its path, such as `policy.sampler.noise_steps.count`.
  ///
  /// - Parameters:
  ///   - path: The names on the way to the setting, joined by dots.
  ///   - value: Its value.
  public init(path: String, _ value: Value) {
    let names = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    let tree = names.dropFirst().reversed().reduce(value) { Value.group([$1: $0]) }
    self.init([names[0]: tree])
  }

  /// These settings with others laid over them.
  public func merging(_ others: Settings) -> Settings {
    Settings(Self.merge(values, others.values))
  }

  private static func merge(_ values: [String: Value], _ others: [String: Value]) -> [String: Value]
  {
    var result = values
    for (name, value) in others {
      // A setting may be spelled in another way below.
      let old = result.keys.first { $0.spelledAlike == name.spelledAlike }
      if let old, case .group(let inner)? = result[old], case .group(let more) = value {
        result[old] = .group(merge(inner, more))
      } else {
        if let old { result[old] = nil }
        result[name] = value
      }
    }
    return result
  }

  /// Every single setting with its path, in alphabetical order.
  public var leaves: [(path: String, value: Value)] {
    func leaves(_ values: [String: Value], _ prefix: String) -> [(path: String, value: Value)] {
      values.sorted { $0.key < $1.key }.flatMap { name, value in
        if case .group(let inner) = value { return leaves(inner, "\(prefix)\(name).") }
        return [(prefix + name, value)]
      }
    }
    return leaves(values, "")
  }

  /// The value at a path, however its names are written; nil where nothing is set.
  public func value(at path: String) -> Value? {
    var found: Value? = .group(values)
    for name in path.split(separator: ".") {
      guard case .group(let inner)? = found else { return nil }
      found = inner.first { $0.key.spelledAlike == String(name).spelledAlike }?.value
    }
    return found
  }
}

extension Settings.Value: CustomStringConvertible {
  /// The value as a person writes it: `10`, `0.5`, `cosine`, `action 4, prediction 8`.
  public var description: String {
    switch self {
    case .group(let values):
      values.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    case .list(let values): values.map(\.description).joined(separator: ", ")
    case .text(let value): value
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .flag(let value): "\(value)"
    case .none: "none"
    }
  }

  /// The value as a number, if it is one.
  public var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
}

extension Settings.Value: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByStringLiteral, ExpressibleByBooleanLiteral
{
  /// A whole number.
  public init(integerLiteral value: Int) { self = .integer(value) }
  /// A number.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// A text.
  public init(stringLiteral value: String) { self = .text(value) }
  /// True or false.
  public init(booleanLiteral value: Bool) { self = .flag(value) }
}
