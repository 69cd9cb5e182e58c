public import Neural

/// How actions are represented, learnt and drawn: what one method adds to a backbone.
///
/// A method *is* its settings. A new one is a type that conforms, in this package or in yours;
/// listed in a ``MethodRegistry``, it trains, resumes, acts, serves and stands in tables.
public protocol Method: PolicyPart {
  /// What it learns: a ``PolicyNetwork``, unless it needs several or constants beside it.
  associatedtype Network = PolicyNetwork

  /// Declares the network's parameters, then constants that the method takes from the data.
  ///
  /// - Parameters:
  ///   - design: The sizes of windows and chunks, and the backbone.
  ///   - scope: Where to declare.
  /// - Returns: The network.
  func network(_ design: NetworkDesign, _ scope: ParameterScope) -> Network

  /// Records the training loss and compiles it with what fills its inputs.
  ///
  /// - Parameters:
  ///   - network: What ``network(_:_:)`` made.
  ///   - task: Its parameters, the windows, the batch and the seed.
  /// - Returns: The program, its source and the constants.
  /// - Throws: An error where the data cannot serve the method.
  func training(_ network: Network, _ task: TrainingTask) throws -> MethodTraining

  /// Compiles the network for deciding.
  ///
  /// - Parameters:
  ///   - network: What ``network(_:_:)`` made.
  ///   - weights: The values of its parameters.
  ///   - options: How to decide.
  /// - Returns: What decides.
  /// - Throws: An error for sampling options outside their range.
  func decider(_ network: Network, weights: Weights, options: DeciderOptions) throws -> any Decider

  /// Compiles the density of chunks, for judging a policy by recordings.
  ///
  /// - Returns: What computes it; nil for a method that has none.
  /// - Throws: What compiling the network throws.
  func likelihood(_ network: Network, weights: Weights, options: DeciderOptions) throws
    -> (any ChunkLikelihood)?

  /// Compiles the network for questions at any noise step, for judging a denoiser.
  ///
  /// - Returns: What asks it; nil for a method that does not denoise.
  /// - Throws: What compiling the network throws.
  func denoising(_ network: Network, weights: Weights, options: DeciderOptions) throws
    -> DenoisingQuestions?

  /// The network and its sampling as a document; nil for a method that is more than one network and
  /// a sampler.
  ///
  /// - Parameters:
  ///   - network: What ``network(_:_:)`` declared.
  ///   - weights: Values in the layout of the table.
  ///   - table: The network's parameters.
  /// - Returns: The description.
  /// - Throws: An error for sampling options outside their range.
  func description(of network: Network, weights: Weights, table: ParameterTable) throws
    -> NetworkDescription?

  /// Compiles what is watched in training besides the loss, such as whether latents are used.
  ///
  /// - Parameters:
  ///   - network: What ``network(_:_:)`` made.
  ///   - windows: The windows that are looked at.
  /// - Returns: What looks; nil for a method that has nothing to watch.
  /// - Throws: An error where windows cannot be read.
  func watch(_ network: Network, _ windows: any TrainingWindows) throws -> TrainingWatch?

  /// Compiles the way from chunks to latents and back.
  ///
  /// - Returns: What encodes; nil for a method without latents.
  /// - Throws: What compiling the network throws.
  func codec(_ network: Network, weights: Weights, options: DeciderOptions) throws
    -> (any ChunkCodec)?

  /// Checks that a network can serve the method.
  ///
  /// - Throws: An error that says which can.
  func check(_ backbone: any Backbone) throws

  /// The rows of a training step that each window takes, for the estimate of memory; 1 unless it
  /// says otherwise.
  var rowsPerWindow: Int { get }

  /// How it samples, for a method that denoises; nil for any other, which takes no sampling
  /// options.
  var sampling: SamplerSpecification? { get }

  /// T, the number of noise steps of a method that denoises; nil for any other.
  var noiseSteps: Int? { get }

  /// The method with another way to sample; trained weights serve both.
  ///
  /// - Throws: ``ImitationError`` for a method that does not sample so, or options outside their
  ///   range.
  func sampled(by sampler: SamplerSpecification) throws -> Self

  /// The method whose training serves this one: itself, unless it differs from another in how it
  /// samples alone.
  var trained: any Method { get }

  /// Whether it is shown no observation now and then, and can then be guided.
  var dropsObservations: Bool { get }

  /// Whether it has an error for each action, so that some can be left out (``PaddingMask``).
  var canMaskPadding: Bool { get }
}

extension Method {
  /// It has no density, or none that can be computed.
  public func likelihood(
    _ network: Network, weights: Weights, options: DeciderOptions
  ) throws -> (any ChunkLikelihood)? { nil }

  /// It does not denoise.
  public func denoising(
    _ network: Network, weights: Weights, options: DeciderOptions
  ) throws -> DenoisingQuestions? { nil }

  /// None.
  public func description(
    of network: Network, weights: Weights, table: ParameterTable
  ) throws -> NetworkDescription? { nil }

  /// It has nothing to watch.
  public func watch(_ network: Network, _ windows: any TrainingWindows) throws -> TrainingWatch? {
    nil
  }

  /// It has no latents.
  public func codec(
    _ network: Network, weights: Weights, options: DeciderOptions
  ) throws -> (any ChunkCodec)? { nil }

  /// Any can.
  public func check(_ backbone: any Backbone) throws {}

  /// One row a window.
  public var rowsPerWindow: Int { 1 }

  /// It does not denoise.
  public var sampling: SamplerSpecification? { nil }

  /// It does not denoise.
  public var noiseSteps: Int? { nil }

  /// Refuses: it does not denoise.
  public func sampled(by sampler: SamplerSpecification) throws -> Self {
    throw ImitationError.doesNotSample(method: Self.name)
  }

  /// Itself.
  public var trained: any Method { self }

  /// It always sees everything.
  public var dropsObservations: Bool { false }

  /// It learns chunks as a whole.
  public var canMaskPadding: Bool { false }
}

/// What a method builds its network from.
public struct NetworkDesign {
  /// The sizes of windows and chunks.
  public let shape: PolicyShape
  /// The body.
  public let backbone: any Backbone
  /// How images are encoded.
  public let image: ImageConfiguration

  /// Creates a design.
  public init(
    _ shape: PolicyShape, backbone: any Backbone, image: ImageConfiguration = ImageConfiguration()
  ) {
    self.shape = shape
    self.backbone = backbone
    self.image = image
  }
}

/// What a method trains on.
public struct TrainingTask {
  /// The network's parameters.
  public let table: ParameterTable
  /// The windows.
  public let data: any TrainingWindows
  /// The number of windows of a step.
  public let batch: Int
  /// The key of all random numbers.
  public let seed: UInt64
  /// Whether actions that were never recorded are left out of the loss.
  public let masksPadding: Bool
  /// Weights whose constants hold, for judging a training by other windows; nil where constants are
  /// to be taken from the windows.
  public let constants: Weights?

  /// Creates a task.
  public init(
    table: ParameterTable, data: any TrainingWindows, batch: Int, seed: UInt64,
    masksPadding: Bool = false, constants: Weights? = nil
  ) {
    self.masksPadding = masksPadding
    self.constants = constants
    self.table = table
    self.data = data
    self.batch = batch
    self.seed = seed
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
  /// Where the weights start, in the layout of the task's table; nil for random ones.
  public var start: Weights?
  /// Which elements of the flat buffers it moves; nil for all that are trained.
  public var parameters: Range<Int>?
  /// What follows it; nil where it lasts to the end.
  public var next: TrainingStage?

  /// Creates a training.
  public init(
    _ program: TrainingProgram, source: any BatchSource, constants: [String: [Float]] = [:],
    start: Weights? = nil, parameters: Range<Int>? = nil, next: TrainingStage? = nil
  ) {
    self.start = start
    self.parameters = parameters
    self.next = next
    self.program = program
    self.source = source
    self.constants = constants
  }
}
