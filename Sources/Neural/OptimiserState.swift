/// A part of a training in which some of the parameters move and the others stand still.
public struct TrainingPhase: Sendable, Hashable {
  /// Which elements of the flat buffers move.
  public var parameters: Range<Int>
  /// The number of steps that were taken before it began: averages start anew with it.
  public var firstStep: Int

  /// Creates a part.
  public init(parameters: Range<Int>, firstStep: Int) {
    self.parameters = parameters
    self.firstStep = firstStep
  }
}

/// The weights of a network and everything that an optimiser keeps beside them, each one flat
/// buffer of the table's layout.
public final class OptimiserState {
  /// The trained weights.
  public let weights: FloatBuffer
  /// The gradient of the last step.
  public let gradients: FloatBuffer
  /// The moving average of the gradient.
  public let moment1: FloatBuffer
  /// The moving average of the squared gradient.
  public let moment2: FloatBuffer
  /// The moving average of the weights, which inference uses.
  public let average: FloatBuffer
  /// The number of steps taken.
  public var step = 0

  /// A fresh state: initial weights of a seed, the average equal to them, moments zero.
  public init(_ table: ParameterTable, seed: UInt64) {
    weights = table.initialValues(seed: seed)
    gradients = FloatBuffer(count: table.count)
    moment1 = FloatBuffer(count: table.count)
    moment2 = FloatBuffer(count: table.count)
    average = FloatBuffer(count: table.count)
    average.copy(from: weights)
  }
}
