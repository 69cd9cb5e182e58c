public import Neural

/// A method with its network and the table of its parameters: made once from a configuration and
/// the sizes of the data, for training, for a checkpoint and for a policy alike.
public struct PolicyModel {
  /// What it was made from.
  public let configuration: PolicyConfiguration
  /// The sizes of windows and chunks.
  public let shape: PolicyShape
  /// The network's parameters.
  public let table: ParameterTable
  private let body: any ModelBody

  /// Declares the network.
  ///
  /// - Parameters:
  ///   - configuration: Method, backbone and how images are encoded.
  ///   - shape: The sizes of windows and chunks.
  /// - Throws: An error for an option outside its range.
  public init(_ configuration: PolicyConfiguration, shape: PolicyShape) throws {
    try configuration.validate()
    try configuration.image.validate(for: shape.images)
    let table = ParameterTable()
    let design = NetworkDesign(
      shape, backbone: configuration.backbone, image: configuration.image)
    func declared(_ method: some Method) -> any ModelBody {
      DeclaredModel(method: method, network: method.network(design, table.root))
    }
    body = declared(configuration.method)
    self.configuration = configuration
    self.shape = shape
    self.table = table
  }

  /// Compiles the training loss.
  ///
  /// - Parameters:
  ///   - data: The windows, of ``shape``.
  ///   - batch: The number of windows of a step.
  ///   - seed: The key of all random numbers.
  ///   - constants: Weights whose constants hold; nil to take them from the windows.
  /// - Returns: The program, its source and the constants.
  /// - Throws: An error where the data cannot serve the method.
  public func training(
    on data: any TrainingWindows, batch: Int, seed: UInt64, constants: Weights? = nil
  ) throws -> MethodTraining {
    try body.training(
      TrainingTask(
        table: table, data: data, batch: batch, seed: seed,
        masksPadding: configuration.padding == .mask, constants: constants))
  }

  /// Compiles the network for deciding.
  ///
  /// - Parameters:
  ///   - weights: Values in the layout of ``table``.
  ///   - options: How to decide.
  /// - Returns: What decides.
  /// - Throws: An error for sampling options outside their range.
  public func decider(weights: Weights, options: DeciderOptions) throws -> any Decider {
    try body.decider(weights, options)
  }
}

extension PolicyModel {
  /// Compiles the density of chunks; nil for a method that has none.
  ///
  /// - Throws: What compiling the network throws.
  public func likelihood(
    weights: Weights, options: DeciderOptions
  ) throws -> (any ChunkLikelihood)? {
    try body.likelihood(weights, options)
  }

  /// Compiles the network for questions at any noise step; nil for a method that does not denoise.
  ///
  /// - Throws: What compiling the network throws.
  public func denoising(weights: Weights, options: DeciderOptions) throws -> DenoisingQuestions? {
    try body.denoising(weights, options)
  }
}

extension PolicyModel {
  /// The network and its sampling as a document; nil for a method that is more than that.
  ///
  /// - Parameter weights: Values in the layout of ``table``.
  /// - Returns: The description.
  /// - Throws: An error for sampling options outside their range.
  public func description(weights: Weights) throws -> NetworkDescription? {
    try body.description(weights, table)
  }

  /// Compiles what is watched in training besides the loss; nil where there is nothing.
  ///
  /// - Throws: An error where windows cannot be read.
  public func watch(_ windows: any TrainingWindows) throws -> TrainingWatch? {
    try body.watch(windows)
  }

  /// Compiles the way from chunks to latents and back; nil for a method without latents.
  ///
  /// - Throws: What compiling the network throws.
  public func codec(weights: Weights, options: DeciderOptions) throws -> (any ChunkCodec)? {
    try body.codec(weights, options)
  }
}

/// A method with a network of its own type.
private protocol ModelBody {
  func description(_ weights: Weights, _ table: ParameterTable) throws -> NetworkDescription?
  func watch(_ windows: any TrainingWindows) throws -> TrainingWatch?
  func codec(_ weights: Weights, _ options: DeciderOptions) throws -> (any ChunkCodec)?
  func likelihood(_ weights: Weights, _ options: DeciderOptions) throws -> (any ChunkLikelihood)?
  func denoising(_ weights: Weights, _ options: DeciderOptions) throws -> DenoisingQuestions?
  func training(_ task: TrainingTask) throws -> MethodTraining
  func decider(_ weights: Weights, _ options: DeciderOptions) throws -> any Decider
}

private struct DeclaredModel<M: Method>: ModelBody {
  let method: M
  let network: M.Network

  func description(_ weights: Weights, _ table: ParameterTable) throws -> NetworkDescription? {
    try method.description(of: network, weights: weights, table: table)
  }

  func watch(_ windows: any TrainingWindows) throws -> TrainingWatch? {
    try method.watch(network, windows)
  }

  func codec(_ weights: Weights, _ options: DeciderOptions) throws -> (any ChunkCodec)? {
    try method.codec(network, weights: weights, options: options)
  }

  func likelihood(_ weights: Weights, _ options: DeciderOptions) throws -> (any ChunkLikelihood)? {
    try method.likelihood(network, weights: weights, options: options)
  }

  func denoising(_ weights: Weights, _ options: DeciderOptions) throws -> DenoisingQuestions? {
    try method.denoising(network, weights: weights, options: options)
  }

  func training(_ task: TrainingTask) throws -> MethodTraining {
    try method.training(network, task)
  }

  func decider(_ weights: Weights, _ options: DeciderOptions) throws -> any Decider {
    try method.decider(network, weights: weights, options: options)
  }
}
