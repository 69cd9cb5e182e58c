public import EnvironmentInterface
public import Neural

/// The body of a policy, by its sizes: maps what is seen to outputs.
///
/// A denoiser's body sees a noisy chunk and the noise step as well. Methods decide what the outputs
/// mean.
///
/// A backbone *is* its sizes. A new one is a type that conforms, in this package or in yours, with
/// a network that declares its layers when it is made and records them when it is called;
/// derivatives, training and deciding follow. It is listed in a ``BackboneRegistry``.
public protocol Backbone: PolicyPart {
  /// Declares the layers.
  ///
  /// - Parameters:
  ///   - sizes: What the network is shown, and how many outputs it has.
  ///   - scope: Where to declare.
  /// - Returns: The network.
  func network(_ sizes: BackboneSizes, _ scope: ParameterScope) -> any BackboneNetwork

  /// The backbone with what it takes from the demonstrations; asked once, before a training.
  ///
  /// - Parameters:
  ///   - normalizer: How observations and actions are scaled, and where they stand.
  ///   - shape: The sizes of windows and chunks.
  ///   - environment: What was recorded; nil for a foreign file.
  /// - Returns: This backbone, unless it says otherwise.
  /// - Throws: An error where the demonstrations cannot serve it.
  func fitted(
    to normalizer: Normalizer, shape: PolicyShape, environment: EnvironmentDescription?
  ) throws -> Self

  /// What the network wants to be told of noise step t of T; t/T unless it says otherwise.
  ///
  /// - Parameters:
  ///   - step: t, in 1…T.
  ///   - total: T.
  /// - Returns: ``BackboneSizes/timeFeatures`` numbers.
  func timeFeatures(step: Int, of total: Int) -> [Float]
}

extension Backbone {
  /// The same backbone.
  public func fitted(
    to normalizer: Normalizer, shape: PolicyShape, environment: EnvironmentDescription?
  ) throws -> Self { self }

  /// t/T alone.
  public func timeFeatures(step: Int, of total: Int) -> [Float] {
    [Float(step) / Float(total)]
  }
}

/// The declared layers of a ``Backbone``.
public protocol BackboneNetwork {
  /// Records the network.
  ///
  /// - Parameter inputs: What it is given.
  /// - Returns: The outputs, shape [``BackboneSizes/outputs``].
  func callAsFunction(_ inputs: BackboneInputs) -> Node
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
