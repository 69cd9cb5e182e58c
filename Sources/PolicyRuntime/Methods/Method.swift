public import Diffusion
public import Naming
public import Neural

/// The methods by name.
public enum MethodKind: String, NamedChoice {
  /// ``RegressionMethod``: mean squared error.
  case mse
  /// ``GaussianMethod``: mean and variance.
  case gaussian
  /// ``DiscretisedMethod``: a distribution over bins for each value.
  case discretised
  /// ``KMeansMethod``: a distribution over typical chunks.
  case kmeans
  /// ``KMeansMethod`` with an offset for each typical chunk.
  case kmeansResidual = "kmeans-residual"
  /// ``EnergyMethod``: implicit behaviour cloning.
  case ebm
  /// ``DiffusionMethod``: Diffusion BC.
  case diffusion
  /// Diffusion-X: the same network, sampled with extra steps at the last noise level.
  case diffusionX = "diffusion-x"
  /// Diffusion-KDE: the same network; of many samples the one in the densest place.
  case diffusionKDE = "diffusion-kde"

  /// What is chosen, for messages.
  public static var kindOfChoice: String { "method" }

  /// The method whose training serves this one: `diffusion` for its other ways to sample.
  public var trained: MethodKind { isDiffusion ? .diffusion : self }

  /// Whether it samples by denoising.
  public var isDiffusion: Bool {
    switch self {
    case .diffusion, .diffusionX, .diffusionKDE: true
    default: false
    }
  }

  /// How the method samples where nothing else is asked for: Diffusion-X with 8 extra steps,
  /// Diffusion-KDE with 100 candidates.
  ///
  /// - Parameter base: The configured way; extra steps or candidates that it has are kept.
  /// - Returns: The method's way.
  public func sampler(_ base: SamplerSpecification) -> SamplerSpecification {
    var sampler = base
    if self == .diffusionX, base.noiseSteps.extraSteps == 0 { sampler.noiseSteps.extraSteps = 8 }
    if self == .diffusionKDE, base.candidates == 1 { sampler.candidates = 100 }
    return sampler
  }

  package func makeMethod(_ configuration: PolicyConfiguration) throws -> any Method {
    try check(configuration.sampler)
    if configuration.observationDropout > 0, !isDiffusion {
      throw ImitationError.needsDiffusion(option: "observation dropout", method: rawValue)
    }
    return switch self {
    case .diffusion, .diffusionX, .diffusionKDE: try DiffusionMethod(configuration)
    case .mse: RegressionMethod(configuration)
    case .gaussian: GaussianMethod(configuration)
    case .discretised: try DiscretisedMethod(configuration)
    case .kmeans: try KMeansMethod(configuration, predictsOffsets: false)
    case .ebm: try EnergyMethod(configuration)
    case .kmeansResidual: try KMeansMethod(configuration, predictsOffsets: true)
    }
  }

  /// Checks that a way to sample asks for nothing that only denoising can do.
  ///
  /// - Throws: ``ImitationError/needsDiffusion(option:method:)``.
  func check(_ sampler: SamplerSpecification) throws(ImitationError) {
    guard !isDiffusion else { return }
    let options = [
      ("extra steps", sampler.noiseSteps.extraSteps != 0), ("candidates", sampler.candidates != 1),
      ("guidance", sampler.guidance != 0),
    ]
    for (option, isSet) in options where isSet {
      throw .needsDiffusion(option: option, method: rawValue)
    }
  }
}

/// How actions are represented, learnt and drawn: what one method adds to a backbone.
///
/// A new method is a type that conforms; add it to ``MethodKind``. Backbones, data, training,
/// checkpoints and evaluation then work with it.
public protocol Method: Sendable {
  /// Declares the network's parameters, then constants that the method takes from the data.
  ///
  /// - Parameters:
  ///   - shape: The sizes of windows and chunks.
  ///   - scope: Where to declare.
  /// - Returns: The network.
  func network(_ shape: PolicyShape, _ scope: ParameterScope) -> PolicyNetwork

  /// Records the training loss and compiles it with what fills its inputs.
  ///
  /// - Parameters:
  ///   - network: What ``network(_:_:)`` made.
  ///   - table: Its parameters.
  ///   - data: The windows.
  ///   - batch: The number of windows of a step.
  ///   - seed: The key of all random numbers.
  /// - Returns: The program, its source and the constants.
  /// - Throws: An error where the data cannot serve the method.
  func training(
    _ network: PolicyNetwork, table: ParameterTable, data: any TrainingWindows, batch: Int,
    seed: UInt64
  ) throws -> MethodTraining

  /// Compiles the network for deciding.
  ///
  /// - Parameters:
  ///   - network: What ``network(_:_:)`` made.
  ///   - table: Its parameters.
  ///   - weights: Their values.
  ///   - options: How to decide.
  /// - Returns: What decides.
  /// - Throws: An error for sampling options outside their range.
  func decider(
    _ network: PolicyNetwork, table: ParameterTable, weights: FloatBuffer, options: DeciderOptions
  ) throws -> any Decider
}

/// How a network is compiled for deciding.
public struct DeciderOptions {
  /// How to sample, for methods that do.
  public var sampler: SamplerSpecification
  /// The largest number of windows that decide at once; at least 1.
  public var capacity: Int
  /// How the weights are kept that each noise step reads.
  public var precision: WeightPrecision
  /// Threads that share a decision; nil for the calling thread alone.
  public var workers: WorkerPool?

  /// Creates options.
  public init(
    sampler: SamplerSpecification, capacity: Int, precision: WeightPrecision = .single,
    workers: WorkerPool? = nil
  ) {
    self.sampler = sampler
    self.capacity = capacity
    self.precision = precision
    self.workers = workers
  }
}

/// What trains a network by one method.
public struct MethodTraining {
  /// The compiled loss.
  public var program: TrainingProgram
  /// What fills its inputs.
  public var source: any BatchSource
  /// The values of the network's constants, by their names.
  public var constants: [String: [Float]]

  /// Creates a training.
  public init(
    _ program: TrainingProgram, source: any BatchSource, constants: [String: [Float]] = [:]
  ) {
    self.program = program
    self.source = source
    self.constants = constants
  }
}

/// The sizes of what a policy sees and does.
public struct PolicyShape: Codable, Sendable, Hashable {
  /// Features of one observation: Do.
  public var stepObservationWidth: Int
  /// Values of one action: A.
  public var actionWidth: Int
  /// How many of each.
  public var horizons: Horizons
  /// The images of one observation, besides the features.
  public var images: [ImageFormat]

  /// Creates sizes.
  public init(
    stepObservationWidth: Int, actionWidth: Int, horizons: Horizons, images: [ImageFormat] = []
  ) {
    self.images = images
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

  /// Where to write the windows' images, in the order of ``PolicyShape/images``: capacity × To ×
  /// height × width × channels each.
  var images: [UnsafeMutableBufferPointer<Float>] { get }

  /// Decides for the first `keys.count` windows; allocates nothing.
  ///
  /// - Parameter keys: The randomness of each decision, at most the capacity.
  /// - Returns: The normalised chunks, keys × (Tp · A), valid until the next call.
  func decide(_ keys: [DecisionKey]) -> UnsafeMutableBufferPointer<Float>
}
