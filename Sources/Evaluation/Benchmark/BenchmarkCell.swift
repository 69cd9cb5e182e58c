/// One training and one way to sample of a benchmark, or the demonstrations' counterpart of it.
public struct BenchmarkCell: Codable, Sendable, Hashable, CustomStringConvertible {
  /// The environment's name.
  public var environment: String
  /// The method's name, or ``BenchmarkRow/demonstrations``.
  public var method: String
  /// The backbone's name; `-` for the demonstrations.
  public var backbone: String
  /// The swept settings.
  public var variant: Variant
  /// The training seed.
  public var seed: UInt64

  /// Creates a cell.
  public init(
    environment: String, method: String, backbone: String, variant: Variant = Variant(),
    seed: UInt64
  ) {
    self.environment = environment
    self.method = method
    self.backbone = backbone
    self.variant = variant
    self.seed = seed
  }

  /// Whether it stands for the demonstrations themselves.
  public var isDemonstrations: Bool { method == BenchmarkRow.demonstrations }

  /// Environment, method, backbone, swept settings and seed.
  public var description: String {
    let who = isDemonstrations ? [method] : [method, backbone]
    let what = variant.isEmpty ? [] : ["(\(variant.label))"]
    return ([environment] + who + what + ["seed \(seed)"]).joined(separator: " ")
  }

  /// The name of its file or folder, without extension.
  var fileStem: String {
    let who = isDemonstrations ? [method] : [method, backbone]
    let what = variant.values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return ([environment] + who + what + ["\(seed)"]).joined(separator: "-").asFileName
  }
}

extension String {
  /// The text with whatever is not a letter, a digit or one of `.-_=` as an underscore.
  var asFileName: String {
    String(map { $0.isLetter || $0.isNumber || ".-_=".contains($0) ? $0 : "_" })
  }
}
