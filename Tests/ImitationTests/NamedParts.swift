import Imitation

extension PolicyConfiguration {
  /// Lays settings by their paths below `policy` over the configuration; those of methods and
  /// networks that it has not are left out.
  mutating func set(_ settings: [String: Settings.Value]) throws {
    for (path, value) in settings.sorted(by: { $0.key < $1.key }) {
      let concerns = try PolicyParts.standard.concerns(
        "policy.\(path)", method: method.name, backbone: backbone.name)
      if concerns { self = try Settings(path: path, value).applied(to: self, source: "a test") }
    }
  }

  /// This configuration with a method and a network by their names, and settings of theirs.
  func of(
    _ method: String, _ backbone: String = "mlp", _ settings: [String: Settings.Value] = [:]
  ) throws -> PolicyConfiguration {
    var result = self
    result.method = try MethodRegistry.standard.method(named: method)
    result.backbone = try BackboneRegistry.standard.backbone(named: backbone)
    try result.set(settings)
    return result
  }
}

extension MethodRegistry {
  /// The names of the standard methods that have a training of their own.
  static let trained = standard.methods.filter { $0.trained.name == $0.name }.map(\.name)
}
