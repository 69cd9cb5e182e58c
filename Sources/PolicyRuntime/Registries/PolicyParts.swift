public import Naming

/// The methods and backbones from which policies are put together.
public struct PolicyParts: Sendable {
  /// The methods.
  public var methods: MethodRegistry
  /// The networks.
  public var backbones: BackboneRegistry

  /// Creates a choice of parts.
  public init(methods: MethodRegistry = .standard, backbones: BackboneRegistry = .standard) {
    self.methods = methods
    self.backbones = backbones
  }

  /// This package's.
  public static let standard = PolicyParts()

  /// The part that stands where `part` stands now: a method for a method, a backbone for a
  /// backbone.
  ///
  /// - Throws: `UnknownName` with the nearest name.
  func part(named name: String, inPlaceOf part: any PolicyPart) throws(UnknownName)
    -> any PolicyPart
  {
    if part is any Method { return try methods.method(named: name) }
    return try backbones.backbone(named: name)
  }

  /// All parts that may stand where `part` stands.
  func alternatives(to part: any PolicyPart) -> [any PolicyPart] {
    part is any Method ? methods.methods : backbones.backbones
  }

  /// Whether a setting by its path, such as `policy.method.bins`, means anything for a policy of
  /// some method and backbone; one of neither belongs to all policies.
  ///
  /// - Throws: `UnknownName` for a method or backbone that there is not.
  public func concerns(
    _ path: String, method: String, backbone: String
  ) throws(UnknownName) -> Bool {
    let names = path.split(separator: ".").map(String.init)
    guard names.count > 1, names[0].spelledAlike == "policy" else { return true }
    let (method, backbone): (any PolicyPart, any PolicyPart) = (
      try methods.method(named: method), try backbones.backbone(named: backbone)
    )
    switch names[1].spelledAlike {
    case "method": return concerns(names.dropFirst(2).first, method)
    case "backbone": return concerns(names.dropFirst(2).first, backbone)
    default: return methods.names(having: names[1]).isEmpty || method.hasSetting(names[1])
    }
  }

  /// Whether what stands behind `policy.method` or `policy.backbone` concerns a part.
  private func concerns(_ name: String?, _ part: any PolicyPart) -> Bool {
    guard let name, name != "kind" else { return true }
    let isPart = alternatives(to: part).contains { $0.name == name }
    return isPart ? part.name == name : part.hasSetting(name)
  }
}
