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

extension BackboneRegistry {
  /// The names of the standard networks that fit any data; a scene needs entities.
  static let general = standard.names.filter { $0 != SceneMixture.name }

  /// Settings that make any of them small.
  static let small: [String: Settings.Value] = [
    "backbone.hidden_width": 32, "backbone.embedding_width": 16, "backbone.width": 16,
    "backbone.blocks": 2, "backbone.heads": 2, "backbone.head_width": 8,
    "backbone.widths": .list([8, 16]), "backbone.groups": 4,
  ]

  /// Every method with an MLP, and every other network with a denoiser and a regression.
  static let combinations =
    MethodRegistry.trained.map { ($0, "mlp") }
    + general.filter { $0 != "mlp" }.flatMap { [("diffusion", $0), ("mse", $0)] }
}
