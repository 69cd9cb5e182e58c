public import Neural
internal import Randomness

/// A batch source that shows demonstrated windows.
public protocol WindowSource: BatchSource {
  /// What it fills the encoder's inputs with.
  var windows: WindowInputs { get }
}

extension WindowSource {
  /// Makes the windows of a step ready.
  public func prepare(step: Int) throws { try windows.order.prepare(step: step) }
}

/// Fills the inputs that a network's encoder reads with windows in shuffled order; every method's
/// batch source has one.
public struct WindowInputs {
  /// The windows.
  public let data: any TrainingWindows
  /// Which stands in which row of which step.
  public let order: any TrainingOrder
  private let shape: PolicyShape
  private let observation: UnsafeMutablePointer<Float>
  /// For each image of the window its input and the size of a row.
  private let images: [(pixels: UnsafeMutablePointer<Float>, count: Int)]
  /// Where observations may be dropped: kept, dropped, and how often.
  private let dropping:
    (kept: UnsafeMutablePointer<Float>, dropped: UnsafeMutablePointer<Float>, rate: Double)?
  /// How far images are moved that are not cropped, in pixels; 0 for not at all.
  private let largestShift: Int
  /// The number of the encoder's features that are kept or dropped together.
  private let keptWidth: Int

  /// Finds a network's inputs in the memory of its program.
  ///
  /// - Parameters:
  ///   - program: The compiled loss.
  ///   - network: The network whose encoder reads windows.
  ///   - inputs: The inputs of its use in the loss.
  ///   - task: The windows, the batch and the seed.
  ///   - dropout: How often an observation is dropped, for guidance.
  /// - Throws: What ``TrainingWindows/order(batch:seed:)`` throws.
  public init(
    _ program: TrainingProgram, _ network: PolicyNetwork, _ inputs: EncoderInputs,
    _ task: TrainingTask, dropout: Double = 0
  ) throws {
    data = task.data
    shape = network.shape
    order = try data.order(batch: task.batch, seed: task.seed)
    observation = program.memory(of: inputs.observation)
    images = inputs.images.map { (program.memory(of: $0), $0.count) }
    largestShift = network.encoder.largestShift
    keptWidth = network.encoder.width * network.shape.horizons.observation
    dropping = inputs.dropping.map {
      (program.memory(of: $0.kept), program.memory(of: $0.dropped), dropout)
    }
  }

  /// Writes the row of a window and its clean chunk; allocates nothing.
  ///
  /// - Parameters:
  ///   - row: The row of the batch.
  ///   - place: Which window of the step it is; the row, unless rows share windows.
  ///   - step: The training step, from 0.
  ///   - action: Room for the chunk, Tp × A.
  /// - Returns: The window.
  @discardableResult
  public func fill(row: Int, place: Int? = nil, step: Int, action: UnsafeMutablePointer<Float>)
    -> Int
  {
    let window = order.window(step: step, row: place ?? row)
    data.gather(
      window, observation: observation + row * shape.observationWidth, action: action)
    for index in images.indices {
      data.gather(
        window, image: index, shift: shift(of: index, row: row, step: step),
        into: images[index].pixels + row * images[index].count)
    }
    guard let (kept, dropped, rate) = dropping else { return window.window }
    var stream = RandomStream(
      seed: order.seed, purpose: .observationDropout, step: UInt32(truncatingIfNeeded: step),
      index: UInt32(row))
    let isDropped = stream.uniform() < rate
    (kept + row * keptWidth).update(repeating: isDropped ? 0 : 1, count: keptWidth)
    dropped[row] = isDropped ? 1 : 0
    return window.window
  }

  /// How many of a row's actions were recorded; past the end of the episode the last is repeated.
  public func recordedActions(row: Int, step: Int) -> Int {
    data.recordedActions(order.window(step: step, row: row))
  }

  /// By how many pixels an image of a row is moved: the same for all steps of a window.
  private func shift(of image: Int, row: Int, step: Int) -> SIMD2<Int> {
    let (down, across) = shape.images[image].moves(upTo: largestShift)
    guard down.count > 1 || across.count > 1 else { return .zero }
    var stream = RandomStream(
      seed: order.seed, purpose: .imageShift, step: UInt32(truncatingIfNeeded: step),
      index: UInt32(row * images.count + image))
    func draw(_ range: ClosedRange<Int>) -> Int {
      stream.integer(below: range.count) + range.lowerBound
    }
    return SIMD2(draw(down), draw(across))
  }

  /// Shows the rows that follow one the same window.
  public func repeatRow(_ row: Int, times: Int) {
    for copy in row + 1..<row + 1 + times {
      (observation + copy * shape.observationWidth).update(
        from: observation + row * shape.observationWidth, count: shape.observationWidth)
      for (pixels, count) in images {
        (pixels + copy * count).update(from: pixels + row * count, count: count)
      }
    }
  }
}
