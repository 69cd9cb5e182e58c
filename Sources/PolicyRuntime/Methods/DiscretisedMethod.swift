internal import Foundation
public import Neural

/// Behaviour cloning over bins: each value of the chunk falls into one of `bins` equal parts of
/// where the demonstrations are, [−1, 1] where they are scaled by range, and the backbone predicts
/// a distribution over them for each value on its own.
///
/// A value that is one of a few has a class for each of these instead.
///
/// Acts the centre of a bin that it draws for each value. As the draws are independent, it mixes
/// the values of different modes.
///
/// Source: Pearce et al., "Imitating human behaviour with diffusion models", ICLR 2023, section 5.
public struct DiscretisedMethod: Method {
  /// The name by which it is chosen.
  public static let name = "discretised"
  /// What it learns.
  public static let summary = "bins of each value"

  /// The number of parts of [−1, 1] that it tells apart; at least 2.
  public var bins: Int

  /// Creates the method with the published number of bins.
  public init() { self.init(bins: 20) }

  /// Creates the method.
  public init(bins: Int) { self.bins = bins }

  /// Checks the number of bins.
  public func validate() throws { try ImitationError.check("bins", bins, 2...65_536) }

  /// Declares the backbone with an output for each class of each value of a chunk.
  public func network(_ design: NetworkDesign, _ scope: ParameterScope) -> PolicyNetwork {
    PolicyNetwork(design, outputs: design.shape.chunkWidth * classes(design.shape), scope)
  }

  /// The number of outputs of each value: `bins`, or more where one of a few has more.
  private func classes(_ shape: PolicyShape) -> Int {
    shape.actionCategories?.reduce(bins) { max($0, $1.count) } ?? bins
  }

  /// The mean over values of the cross entropy against the class of the demonstrated one.
  public func training(_ network: PolicyNetwork, _ task: TrainingTask) throws -> MethodTraining {
    let graph = Graph()
    let width = network.shape.chunkWidth
    let classes = graph.input("target", shape: [width])
    let recorded = network(graph)
    let logits = recorded.output.reshaped([width, self.classes(network.shape)])
    let program = TrainingProgram(
      minimising: logits.crossEntropy(to: classes), table: task.table, batch: task.batch)
    let windows = try WindowInputs(program, network, recorded.inputs, task)
    let (bins, shape) = (bins, network.shape)
    let source = ChunkSource(program, windows, target: classes) { _, _, chunk in
      for j in chunk.indices {
        chunk[j] = Float(
          shape.category(of: chunk[j], at: j)
            ?? Self.bin(of: chunk[j], bins: bins, in: shape.reach(ofChunkValue: j)))
      }
    }
    return MethodTraining(program, source: source)
  }

  /// Compiles the backbone; a class is drawn for each value, of those that it has.
  public func decider(
    _ network: PolicyNetwork, weights: Weights, options: DeciderOptions
  ) throws -> any Decider {
    let (bins, shape, classes) = (bins, network.shape, classes(network.shape))
    return try ChunkDecider(network, weights: weights, capacity: options.capacity) {
      outputs, key, chunk in
      var stream = key.stream
      for j in chunk.indices {
        let known = shape.categories(ofChunkValue: j)
        let first = j * classes
        let logits = UnsafeBufferPointer(
          rebasing: outputs[first..<first + (known?.count ?? bins)])
        let drawn = Categorical.draw(logits, &stream)
        chunk[j] =
          known?[drawn] ?? Self.centre(of: drawn, bins: bins, in: shape.reach(ofChunkValue: j))
      }
    }
  }

  /// A histogram's density: the probability of the value's bin over its width; 0 outside.
  public func likelihood(
    _ network: PolicyNetwork, weights: Weights, options: DeciderOptions
  ) -> (any ChunkLikelihood)? {
    let (bins, shape) = (bins, network.shape)
    return ValueLikelihood(network, weights: weights, capacity: options.capacity) {
      outputs, j, value in
      let range = shape.reach(ofChunkValue: j)
      // The ends of a range are rounded, and so is a value that stands there.
      let slack = 1e-5 * (range.upperBound - range.lowerBound)
      guard value >= range.lowerBound - slack, value <= range.upperBound + slack else {
        return -.infinity
      }
      let logits = outputs[j * bins..<(j + 1) * bins]
      let largest = Double(logits.max() ?? 0)
      let total = logits.reduce(0.0) { $0 + exp(Double($1) - largest) }
      let own = Double(logits[logits.startIndex + Self.bin(of: value, bins: bins, in: range)])
      let width = Double(range.upperBound - range.lowerBound) / Double(bins)
      return own - largest - log(total) - log(width)
    }
  }

  /// The bin of a normalised value; what lies outside the range belongs to the outermost.
  static func bin(of value: Float, bins: Int, in range: ClosedRange<Float> = -1...1) -> Int {
    let span = range.upperBound - range.lowerBound
    guard span > 0 else { return 0 }
    return Int(min(max((value - range.lowerBound) / span * Float(bins), 0), Float(bins - 1)))
  }

  /// The middle of a bin.
  static func centre(of bin: Int, bins: Int, in range: ClosedRange<Float> = -1...1) -> Float {
    let centre = (2 * Float(bin) + 1) / Float(bins) - 1
    if range == -1...1 { return centre }
    return range.lowerBound + (centre + 1) / 2 * (range.upperBound - range.lowerBound)
  }
}
