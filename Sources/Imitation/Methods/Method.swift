public import Demonstrations
public import Diffusion
public import Neural

/// The methods by name.
public enum MethodKind: String, NamedChoice {
  /// ``DiffusionMethod``: Diffusion BC.
  case diffusion
  /// ``RegressionMethod``: mean squared error.
  case mse

  /// What is chosen, for messages.
  public static var kindOfChoice: String { "method" }

  func makeMethod(_ configuration: PolicyConfiguration) throws -> any Method {
    switch self {
    case .diffusion: try DiffusionMethod(configuration)
    case .mse: RegressionMethod(configuration)
    }
  }
}

/// How actions are represented, learnt and drawn: what one method adds to a backbone.
///
/// A new method is a type that conforms; add it to ``MethodKind``. Backbones, data, training,
/// checkpoints and evaluation then work with it.
public protocol Method: Sendable {
  /// Declares the network's parameters.
  ///
  /// - Parameters:
  ///   - shape: The sizes of windows and chunks.
  ///   - scope: Where to declare.
  /// - Returns: The network.
  func network(_ shape: PolicyShape, _ scope: ParameterScope) -> any Backbone

  /// Records the training loss and compiles it with what fills its inputs.
  ///
  /// - Parameters:
  ///   - network: What ``network(_:_:)`` made.
  ///   - table: Its parameters.
  ///   - data: The windows.
  ///   - batch: The number of windows of a step.
  ///   - seed: The key of all random numbers.
  /// - Returns: The program and its source.
  func training(
    _ network: any Backbone, table: ParameterTable, data: WindowDataset, batch: Int, seed: UInt64
  ) -> (program: TrainingProgram, source: any BatchSource)

  /// Compiles the network for deciding.
  ///
  /// - Parameters:
  ///   - network: What ``network(_:_:)`` made.
  ///   - weights: Its parameters' values.
  ///   - shape: The sizes of windows and chunks.
  ///   - sampler: How to sample, for methods that do.
  ///   - capacity: The largest number of windows that decide at once.
  /// - Returns: What decides.
  /// - Throws: An error for sampling options outside their range.
  func decider(
    _ network: any Backbone, weights: FloatBuffer, shape: PolicyShape,
    sampler: SamplerSpecification, capacity: Int
  ) throws -> any Decider
}

/// The sizes of what a policy sees and does.
public struct PolicyShape: Codable, Sendable, Hashable {
  /// Features of one observation: Do.
  public var stepObservationWidth: Int
  /// Values of one action: A.
  public var actionWidth: Int
  /// How many of each.
  public var horizons: Horizons

  /// Creates sizes.
  public init(stepObservationWidth: Int, actionWidth: Int, horizons: Horizons) {
    self.stepObservationWidth = stepObservationWidth
    self.actionWidth = actionWidth
    self.horizons = horizons
  }

  /// Features of a window: To · Do.
  public var observationWidth: Int { horizons.observation * stepObservationWidth }

  /// Values of a chunk: Tp · A.
  public var chunkWidth: Int { horizons.prediction * actionWidth }
}

/// A compiled network that turns windows into chunks; one thread at a time.
public protocol Decider: AnyObject {
  /// The largest number of windows of one call.
  var capacity: Int { get }

  /// Where to write the windows' normalised features: capacity × (To · Do).
  var observations: UnsafeMutableBufferPointer<Float> { get }

  /// Decides for the first `keys.count` windows; allocates nothing.
  ///
  /// - Parameter keys: The randomness of each decision, at most the capacity.
  /// - Returns: The normalised chunks, keys × (Tp · A), valid until the next call.
  func decide(_ keys: [DecisionKey]) -> UnsafeMutableBufferPointer<Float>
}
