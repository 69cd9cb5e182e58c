public import Neural

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
  func decide(_ keys: UnsafeBufferPointer<DecisionKey>) -> UnsafeMutableBufferPointer<Float>
}

/// How a network is compiled for deciding.
public struct DeciderOptions {
  /// The largest number of windows that decide at once; at least 1.
  public var capacity: Int
  /// How the weights are kept that each noise step reads.
  public var precision: WeightPrecision
  /// Threads that share a decision; nil for the calling thread alone.
  public var workers: WorkerPool?

  /// Creates options.
  public init(
    capacity: Int, precision: WeightPrecision = .single, workers: WorkerPool? = nil
  ) {
    self.capacity = capacity
    self.precision = precision
    self.workers = workers
  }
}
