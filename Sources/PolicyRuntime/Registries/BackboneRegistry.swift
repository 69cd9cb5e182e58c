public import Naming

/// The networks that a program knows, by name.
///
/// A network of your own joins by ``adding(_:)``.
public struct BackboneRegistry: Sendable {
  /// Every backbone with its default settings, in the order in which they are listed.
  public let backbones: [any Backbone]

  /// Creates a registry.
  public init(_ backbones: [any Backbone]) { self.backbones = backbones }

  /// This package's networks.
  public static let standard = BackboneRegistry([
    MLP(), Sieve(), Transformer(), UNet(), DiT(), SceneMixture(),
  ])

  /// This registry with one more network; of two with one name the later counts.
  public func adding(_ backbone: any Backbone) -> BackboneRegistry {
    BackboneRegistry(backbones.filter { $0.name != backbone.name } + [backbone])
  }

  /// The names, in order.
  public var names: [String] { backbones.map(\.name) }

  /// A backbone by its name, with its default settings.
  ///
  /// - Throws: `UnknownName` with the nearest name.
  public func backbone(named name: String) throws(UnknownName) -> any Backbone {
    guard let backbone = backbones.first(where: { $0.name == name }) else {
      throw UnknownName(kind: "backbone", name: name, known: names)
    }
    return backbone
  }

  /// The names of the backbones that have a setting.
  public func names(having setting: String) -> [String] {
    backbones.filter { $0.hasSetting(setting) }.map(\.name)
  }
}
