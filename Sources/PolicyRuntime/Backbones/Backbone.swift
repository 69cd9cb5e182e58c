import Diffusion
public import Naming
public import Neural

/// The body of a policy: maps what is seen to outputs.
///
/// A denoiser's body sees a noisy chunk and the noise step as well. Methods decide what the outputs
/// mean.
///
/// A new backbone is a type that declares its layers in its initialiser and records them in
/// `callAsFunction`; derivatives, training and deciding follow. Add it to ``BackboneKind``.
public protocol Backbone {
  /// Records the network.
  ///
  /// - Parameter inputs: What it is given.
  /// - Returns: The outputs, shape [``BackboneSizes/outputs``].
  func callAsFunction(_ inputs: BackboneInputs) -> Node

  /// What the backbone wants to be told of noise step t of T; t/T unless it says otherwise.
  ///
  /// - Parameters:
  ///   - step: t, in 1…T.
  ///   - total: T.
  /// - Returns: ``BackboneSizes/timeFeatures`` numbers.
  static func timeFeatures(step: Int, of total: Int) -> [Float]
}

extension Backbone {
  /// t/T alone.
  public static func timeFeatures(step: Int, of total: Int) -> [Float] {
    [Float(step) / Float(total)]
  }
}

/// The symbolic inputs of a backbone.
public struct BackboneInputs {
  /// The features of the observation window: [To, Do].
  public var observation: Node
  /// The noisy action chunk, [Tp, A]; nil for a method without noise.
  public var noisyActions: Node?
  /// The features of the noise step; nil for a method without noise.
  public var time: Node?

  /// Creates inputs.
  public init(observation: Node, noisyActions: Node? = nil, time: Node? = nil) {
    self.observation = observation
    self.noisyActions = noisyActions
    self.time = time
  }
}

/// The sizes that a backbone is built for.
public struct BackboneSizes: Sendable, Hashable {
  /// Observations of the window: To.
  public var observations: Int
  /// Features of one observation: Do.
  public var observationWidth: Int
  /// Actions of the noisy chunk: Tp; 0 for a method without noise.
  public var noisyActions: Int
  /// Values of one action: A.
  public var actionWidth: Int
  /// Features of the noise step; 0 for a method without noise.
  public var timeFeatures: Int
  /// The number of outputs.
  public var outputs: Int

  /// Creates sizes.
  public init(
    observations: Int, observationWidth: Int, noisyActions: Int = 0, actionWidth: Int,
    timeFeatures: Int = 0, outputs: Int
  ) {
    self.observations = observations
    self.observationWidth = observationWidth
    self.noisyActions = noisyActions
    self.actionWidth = actionWidth
    self.timeFeatures = timeFeatures
    self.outputs = outputs
  }

  /// All inputs side by side.
  public var allInputs: Int { windowWidth + chunkWidth + timeFeatures }

  /// Features of the observation window: To · Do.
  public var windowWidth: Int { observations * observationWidth }

  /// Values of the noisy chunk: Tp · A.
  public var chunkWidth: Int { noisyActions * actionWidth }
}

/// The backbones by name.
public enum BackboneKind: String, NamedChoice {
  /// ``MLPBackbone``.
  case mlp
  /// ``SieveBackbone``.
  case sieve
  /// ``TransformerBackbone``.
  case transformer

  /// What is chosen, for messages.
  public static var kindOfChoice: String { "backbone" }

  var type: any Backbone.Type {
    switch self {
    case .mlp: MLPBackbone.self
    case .sieve: SieveBackbone.self
    case .transformer: TransformerBackbone.self
    }
  }
}

/// Which backbone and how large.
public struct BackboneConfiguration: Codable, Sendable, Hashable {
  /// The backbone.
  public var kind: BackboneKind
  /// The width of hidden layers; a transformer has sizes of its own.
  public var hiddenWidth: Int
  /// The number of hidden layers.
  public var depth: Int
  /// The width of embeddings of observation, noisy actions and noise step.
  public var embeddingWidth: Int
  /// The sizes of a transformer.
  public var transformer: TransformerBackbone.Configuration

  /// Creates a configuration.
  public init(
    kind: BackboneKind = .mlp, hiddenWidth: Int = 256, depth: Int = 3, embeddingWidth: Int = 128,
    transformer: TransformerBackbone.Configuration = TransformerBackbone.Configuration()
  ) {
    self.kind = kind
    self.hiddenWidth = hiddenWidth
    self.depth = depth
    self.embeddingWidth = embeddingWidth
    self.transformer = transformer
  }

  /// Builds the backbone, declaring its parameters in a scope.
  func makeBackbone(_ sizes: BackboneSizes, _ scope: ParameterScope) -> any Backbone {
    switch kind {
    case .mlp: MLPBackbone(self, sizes, scope)
    case .sieve: SieveBackbone(self, sizes, scope)
    case .transformer: TransformerBackbone(self, sizes, scope)
    }
  }
}
