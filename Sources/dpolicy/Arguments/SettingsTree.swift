import Yams

/// A tree of YAML before it is decoded: its size, and the numbers that do not mean what they seem.
///
/// Aliases make a tree of any size out of a few lines, and YAML 1.1 reads `010` as eight.
struct SettingsTree {
  /// More than any configuration has.
  private static let mostValues = 10_000
  private static let mostBytes = 1 << 18
  private static let deepest = 64

  private let source: String
  private var count = 0

  /// Reads a text.
  ///
  /// - Parameters:
  ///   - text: YAML.
  ///   - source: Where it is from, for errors.
  /// - Returns: The tree, or nil for an empty text.
  /// - Throws: ``UsageError`` with the path of the value that is refused, or `YamlError`.
  static func parse(_ text: String, source: String) throws -> Node? {
    guard text.utf8.count <= mostBytes, !nestsDeeper(text) else {
      throw UsageError("\(source): it is larger or nested deeper than any configuration")
    }
    guard let root = try Yams.compose(yaml: text) else { return nil }
    var tree = SettingsTree(source: source)
    try tree.check(root, at: [])
    return root
  }

  private init(source: String) {
    self.source = source
  }

  /// Whether brackets, or the dashes of one line, open more levels than the parser should follow.
  private static func nestsDeeper(_ text: String) -> Bool {
    var depth = 0
    var dashes = 0
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
      case UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"): dashes += 1
      case UInt8(ascii: " "), UInt8(ascii: "\t"): break
      default: dashes = 0
      }
      if depth > deepest || dashes > 4 * deepest { return true }
    }
    return false
  }

  private mutating func check(_ node: Node, at path: [String]) throws {
    count += 1
    guard count <= Self.mostValues, path.count <= Self.deepest else {
      throw UsageError("\(place(path)): its aliases or groups stand for too many values")
    }
    switch node {
    case .mapping(let mapping):
      for (key, value) in mapping { try check(value, at: path + [key.string ?? "?"]) }
    case .sequence(let sequence):
      for (index, value) in sequence.enumerated() { try check(value, at: path + ["\(index)"]) }
    case .scalar(let scalar): try check(scalar, at: path)
    case .alias: break
    }
  }

  private func check(_ scalar: Node.Scalar, at path: [String]) throws {
    guard scalar.style == .plain || scalar.style == .any else { return }
    let text = scalar.string
    let digits = text.drop { $0 == "-" || $0 == "+" }
    if digits.count > 1, digits.first == "0", digits.allSatisfy(\.isWholeNumber) {
      throw UsageError(
        "\(place(path)): '\(text)' begins with a zero, which YAML may read as another number; "
          + "write it without")
    }
    let word = digits.drop { $0 == "." }.lowercased()
    let isNumber = digits.first?.isWholeNumber == true || digits.first == "."
    if ["inf", "infinity", "nan"].contains(word)
      || (isNumber && Double(text).map { !$0.isFinite } == true)
    {
      throw UsageError("\(place(path)): '\(text)' is not a finite number")
    }
  }

  private func place(_ path: [String]) -> String {
    path.isEmpty ? source : "\(source): \(path.joined(separator: "."))"
  }
}
