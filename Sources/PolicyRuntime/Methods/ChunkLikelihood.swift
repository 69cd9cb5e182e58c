public import Neural

/// The density that a policy gives to chunks, for a method that has one; one thread at a time.
public protocol ChunkLikelihood: AnyObject {
  /// Whether its numbers are lower bounds that hold on average, and not the density itself.
  var isBound: Bool { get }

  /// The largest number of windows of one call.
  var capacity: Int { get }

  /// Where to write the windows' normalised features: capacity × (To · Do).
  var observations: UnsafeMutableBufferPointer<Float> { get }

  /// Where to write the windows' images; see ``Decider/images``.
  var images: [UnsafeMutableBufferPointer<Float>] { get }

  /// ln p(chunk | window) for the first windows, in nats of normalised values.
  ///
  /// - Parameters:
  ///   - chunks: One chunk for each window: windows × (Tp · A).
  ///   - counted: Which of an action's A values count; what never changes has no density.
  /// - Returns: A number a window: the sum over the chunk's values that count.
  func logDensities(of chunks: [Float], counting counted: [Bool]) -> [Double]
}

extension ChunkLikelihood {
  /// The density itself.
  public var isBound: Bool { false }
}

/// A likelihood that needs one pass through the network: each value has a density of its own.
public final class ValueLikelihood: ChunkLikelihood {
  /// ln p of the value at an index of the chunk, from the window's outputs.
  public typealias Density = (
    _ outputs: UnsafeBufferPointer<Float>, _ index: Int, _ value: Float
  ) -> Double

  /// Where to write the windows' features.
  public let observations: UnsafeMutableBufferPointer<Float>
  /// Where to write the windows' images.
  public let images: [UnsafeMutableBufferPointer<Float>]
  private let program: InferenceProgram
  private let shape: PolicyShape
  private let density: Density

  /// Compiles a network.
  ///
  /// - Parameters:
  ///   - network: A network without noise inputs.
  ///   - weights: Its parameters' values.
  ///   - capacity: The largest number of windows of one call.
  ///   - density: ln p of a value.
  public init(
    _ network: PolicyNetwork, weights: Weights, capacity: Int, density: @escaping Density
  ) {
    let recorded = network(Graph())
    program = InferenceProgram(
      computing: recorded.output, weights: weights, samples: capacity, observations: capacity)
    shape = network.shape
    self.density = density
    observations = program.rows(of: recorded.inputs.observation)
    images = program.imageRows(recorded.inputs)
  }

  /// The largest number of windows of one call.
  public var capacity: Int { program.capacity.observations }

  /// Passes the windows through the network and sums over the values.
  public func logDensities(of chunks: [Float], counting counted: [Bool]) -> [Double] {
    let width = shape.chunkWidth
    let count = chunks.count / width
    program.observe(observations: count, samples: count)
    let outputs = program.output.count / capacity
    return (0..<count).map { row in
      let own = UnsafeBufferPointer(
        rebasing: UnsafeBufferPointer(program.output)[row * outputs..<(row + 1) * outputs])
      return (0..<width).reduce(0) { sum, j in
        counted[j % shape.actionWidth] ? sum + density(own, j, chunks[row * width + j]) : sum
      }
    }
  }
}
