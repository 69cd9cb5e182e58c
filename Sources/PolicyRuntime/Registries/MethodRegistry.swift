public import Naming

/// The methods that a program knows, by name.
///
/// A method of your own joins by ``adding(_:)``; trainers, policies, tables and the command line
/// take the registry as an argument.
public struct MethodRegistry: Sendable {
  /// Every method with its default settings, in the order in which they are listed.
  public let methods: [any Method]

  /// Creates a registry.
  public init(_ methods: [any Method]) { self.methods = methods }

  /// This package's methods.
  public static let standard = MethodRegistry([
    RegressionMethod(), GaussianMethod(), DiscretisedMethod(), KMeansMethod(),
    KMeansResidualMethod(), EnergyMethod(), DenoisingDiffusion(), DiffusionX(), DiffusionKDE(),
    MinimalIterativePolicy(), ConditionalVAE(), FlowPolicy(),
    VectorQuantisedMethod(), LatentDiffusion(), DiffusionAutoencoder(),
  ])

  /// This registry with one more method; of two with one name the later counts.
  public func adding(_ method: any Method) -> MethodRegistry {
    MethodRegistry(methods.filter { $0.name != method.name } + [method])
  }

  /// The names, in order.
  public var names: [String] { methods.map(\.name) }

  /// A method by its name, with its default settings.
  ///
  /// - Throws: `UnknownName` with the nearest name.
  public func method(named name: String) throws(UnknownName) -> any Method {
    guard let method = methods.first(where: { $0.name == name }) else {
      throw UnknownName(kind: "method", name: name, known: names)
    }
    return method
  }

  /// The names of the methods that have a setting.
  public func names(having setting: String) -> [String] {
    methods.filter { $0.hasSetting(setting) }.map(\.name)
  }
}
