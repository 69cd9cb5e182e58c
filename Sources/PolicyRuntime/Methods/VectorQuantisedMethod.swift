internal import Foundation
public import Neural
internal import Randomness

/// Behaviour cloning over codes: an autoencoder whose latents are codes, in levels, learns what
/// chunks there are, and then the backbone predicts the codes, all levels as one class, with an
/// offset for each code of the first.
///
/// Source: van den Oord et al., "Neural discrete representation learning", NeurIPS 2017; Lee et
/// al., "Behavior generation with latent actions", ICML 2024 (VQ-BeT), which draws the levels
/// independently of each other.
public struct VectorQuantisedMethod: Method {
  /// The name by which it is chosen.
  public static let name = "vq"
  /// What it learns.
  public static let summary = "one of the codes of an autoencoder, with an offset"

  /// The number of codes of a level; at least 2.
  public var codes: Int
  /// The number of levels: each has codes for what the one before leaves.
  public var levels: Int
  /// The numbers of a code.
  public var codeWidth: Int
  /// The weight of what holds latents near their codes.
  public var commitment: Double
  /// How much of the codes' averages stays with each step, in [0, 1).
  public var decay: Double
  /// The weight of the offset's mean squared error in the loss; more than 0.
  public var offsetWeight: Double
  /// The share of the steps that the autoencoder is trained for, in (0, 1).
  public var codecShare: Double
  /// The sizes of encoder and decoder.
  public var codec: CodecLayers

  /// The largest number of classes: codes to the power of levels.
  public static let largestClasses = 4096

  /// Creates the method with its defaults.
  public init() { self.init(codes: 16) }

  /// Creates the method.
  public init(
    codes: Int, levels: Int = 2, codeWidth: Int = 8, commitment: Double = 0.25,
    decay: Double = 0.99, offsetWeight: Double = 100, codecShare: Double = 0.3,
    codec: CodecLayers = CodecLayers()
  ) {
    self.codes = codes
    self.levels = levels
    self.codeWidth = codeWidth
    self.commitment = commitment
    self.decay = decay
    self.offsetWeight = offsetWeight
    self.codecShare = codecShare
    self.codec = codec
  }

  /// Checks sizes, weights and shares.
  public func validate() throws {
    try ImitationError.check("codes", codes, 2...Self.largestClasses)
    try ImitationError.check("levels", levels, 1...12)
    try ImitationError.check("code width", codeWidth, 1...65_536)
    try codec.validate()
    try ImitationError.checkNotNegative("commitment", commitment)
    let all = pow(Double(codes), Double(levels))
    guard all <= Double(Self.largestClasses) else {
      throw ImitationError.optionOutOfRange(
        name: "codes to the power of levels", value: "\(Int(all))",
        range: "at most \(Self.largestClasses): each is a class that is predicted")
    }
    guard decay >= 0, decay < 1 else {
      throw ImitationError.optionOutOfRange(
        name: "decay", value: "\(decay)", range: "at least 0 and less than 1")
    }
    guard offsetWeight > 0, offsetWeight.isFinite else {
      throw ImitationError.optionOutOfRange(
        name: "offset weight", value: "\(offsetWeight)", range: "more than 0")
    }
    try ImitationError.checkShare("codec share", codecShare)
  }

  /// The codes in words.
  public var words: String? { "\(levels) levels of \(codes) codes" }

  private var classes: Int { (0..<levels).reduce(1) { product, _ in product * codes } }

  /// Declares the autoencoder, then the backbone, then codes and the chunks that they stand for.
  public func network(
    _ design: NetworkDesign, _ scope: ParameterScope
  ) -> VectorQuantisedNetwork {
    let width = design.shape.chunkWidth
    let encoder = codec.layers(scope["codec"]["encoder"], inputs: width, outputs: codeWidth)
    let decoder = codec.layers(scope["codec"]["decoder"], inputs: codeWidth, outputs: width)
    let codecEnd = scope.end
    let head = PolicyNetwork(design, outputs: classes + codes * width, scope)
    return VectorQuantisedNetwork(
      encoder: encoder, decoder: decoder, codecEnd: codecEnd, head: head,
      books: Codebooks(scope["codec"], levels: levels, count: codes, width: codeWidth),
      centres: scope.declareConstant("centres", shape: [classes, width]))
  }

  /// First ‖A − D(q)‖² + commitment·‖z − sg[q]‖², where q are the codes of the latent z = E(A);
  /// then −ln softmax(f(o))[class of q] and the weighted squared error of the offset.
  public func training(
    _ network: VectorQuantisedNetwork, _ task: TrainingTask
  ) throws -> MethodTraining {
    let graph = Graph()
    let chunk = graph.input("chunk", shape: [network.head.shape.chunkWidth])
    let latent = network.encoder(chunk)
    let quantised = network.books(latent)
    let error = network.decoder(quantised).squaredError(to: chunk)
    let loss = error.sum(with: latent.squaredError(to: quantised), scaleB: Float(commitment))
    let inputs = network.head.inputs(graph)
    let program = TrainingProgram(
      minimising: loss, table: task.table, batch: task.batch, watching: [latent])
    let windows = try WindowInputs(program, network.head, inputs, task)
    let update = CodeUpdate(network.books, decay: Float(decay), seed: task.seed)
    var stream = RandomStream(seed: task.seed, purpose: .codes)
    let start = (0..<levels * codes * codeWidth).map { _ in Float(stream.normal()) }
    return MethodTraining(
      program,
      source: LatentSource(program, windows, chunk: chunk) { step, state in
        update(program.values(of: latent), step: step, state)
      },
      constants: network.books.start(start), parameters: 0..<network.codecEnd,
      next: TrainingStage(after: codecShare) { try prediction(network, task, $0) })
  }

  /// The training of the backbone, once the codes stand.
  private func prediction(
    _ network: VectorQuantisedNetwork, _ task: TrainingTask, _ weights: Weights
  ) throws -> MethodTraining {
    let shape = network.head.shape
    let width = shape.chunkWidth
    let codec = network.compiled(weights, capacity: 1024)
    let found = codec.inBlocks(try task.data.chunks(), of: width) {
      codec.codes(of: codec.latents(of: $0))
    }
    let levels = levels
    let classOfWindow = stride(from: 0, to: found.count, by: levels).map { start in
      found[start..<start + levels].reduce(0) { $0 * codes + $1 }
    }
    let centres = task.constants == nil ? network.chunks(weights) : weights[network.centres]
    let graph = Graph()
    let labels = graph.input("class", shape: [1])
    let first = graph.input("first", shape: [1])
    let target = graph.input("target", shape: [width])
    let recorded = network.head(graph)
    let offsets = recorded.output.columns(classes..<recorded.output.width).reshaped([codes, width])
    let loss = recorded.output.columns(0..<classes).crossEntropy(to: labels).sum(
      with: offsets.selectedSquaredError(to: target, row: first), scaleB: Float(offsetWeight))
    let program = TrainingProgram(minimising: loss, table: task.table, batch: task.batch)
    let windows = try WindowInputs(program, network.head, recorded.inputs, task)
    let (labelRows, firstRows) = (program.memory(of: labels), program.memory(of: first))
    let isCategory = (0..<width).map { shape.categories(ofChunkValue: $0) != nil }
    let others = classes / codes
    let source = ChunkSource(program, windows, target: target) { row, window, chunk in
      let label = classOfWindow[window]
      labelRows[row] = Float(label)
      firstRows[row] = Float(label / others)
      for j in 0..<width { chunk[j] = isCategory[j] ? 0 : chunk[j] - centres[label * width + j] }
    }
    return MethodTraining(
      program, source: source, constants: [network.centres.name: centres],
      parameters: network.codecEnd..<task.table.trainedExtent)
  }

  /// Compiles the backbone; codes are drawn.
  public func decider(
    _ network: VectorQuantisedNetwork, weights: Weights, options: DeciderOptions
  ) throws -> any Decider {
    let shape = network.head.shape
    let (classes, width, others) = (classes, shape.chunkWidth, classes / codes)
    let centres = weights[network.centres]
    let isCategory = (0..<width).map { shape.categories(ofChunkValue: $0) != nil }
    return try ChunkDecider(network.head, weights: weights, capacity: options.capacity) {
      outputs, key, chunk in
      var stream = key.stream
      let drawn = Categorical.draw(
        UnsafeBufferPointer(rebasing: outputs[..<classes]), &stream)
      let offset = classes + drawn / others * width
      for j in 0..<width {
        chunk[j] = centres[drawn * width + j] + (isCategory[j] ? 0 : outputs[offset + j])
      }
    }
  }

  /// How many codes are used, level by level.
  public func watch(
    _ network: VectorQuantisedNetwork, _ windows: any TrainingWindows
  ) throws -> TrainingWatch? {
    let sample = try WindowSample(windows, atMost: 1024)
    let (levels, count) = (levels, codes)
    return TrainingWatch { weights in
      let codec = network.compiled(weights, capacity: sample.count)
      let found = codec.codes(of: codec.latents(of: sample.chunks))
      return (0..<levels).map { level in
        var uses = [Int](repeating: 0, count: count)
        for row in 0..<sample.count { uses[found[row * levels + level]] += 1 }
        let shares = uses.filter { $0 > 0 }.map { Double($0) / Double(sample.count) }
        let perplexity = exp(shares.reduce(0) { $0 - $1 * log($1) })
        return TrainingFigure(
          levels == 1 ? "code_perplexity" : "code_perplexity_\(level + 1)", perplexity,
          warning: perplexity >= Double(count) / 8 || perplexity >= 4
            ? nil
            : "level \(level + 1) of the codes is used as if it had \(Int(perplexity.rounded())) of "
              + "its \(count): a smaller commitment or more steps for the codec help")
      }
    }
  }

  /// The encoder with its codes, and the decoder.
  public func codec(
    _ network: VectorQuantisedNetwork, weights: Weights, options: DeciderOptions
  ) -> (any ChunkCodec)? {
    network.compiled(weights, capacity: options.capacity)
  }
}
