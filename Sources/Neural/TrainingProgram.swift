internal import CKernels

/// A network and its loss compiled for one batch size: forward, backward and update over memory
/// that was allocated once.
///
/// A step is one parallel region. Rows of the batch are cut into blocks, each of which is filled,
/// run forward and run backward by one worker; the parameters' gradients are then cut into tiles
/// of columns, and the update into chunks. Every cut depends on the problem alone, so the result
/// has the same bytes on any number of threads.
public final class TrainingProgram {
  /// The number of samples of a batch.
  public let batch: Int
  /// The gradient of the output: batch × output; 1 / batch throughout, until somebody writes it.
  public let outputGradient: UnsafeMutableBufferPointer<Float>
  /// The output: batch × output's size; for a loss, one number a sample.
  public let output: UnsafeMutableBufferPointer<Float>

  private let workspace: FloatBuffer
  private let forwardInstructions: [Instruction]
  private let backwardInstructions: [Instruction]
  private let taskLists: [[GradientTask]]
  private let inputs: [String: UnsafeMutableBufferPointer<Float>]
  private let inputGradients: [String: UnsafeMutableBufferPointer<Float>]
  private let blockRows: Int
  private let trainedExtent: Int
  private let chunkSums: UnsafeMutableBufferPointer<Double>
  private var region: Region?

  /// Elements of the flat buffers that one task of the update takes.
  private static let chunk = 16_384

  /// What the workers of one step share.
  private struct Region {
    var pool: OpaquePointer
    var source: any BatchSource
    var state: OptimiserState
    var optimiser: AdamW
    var learningRate: Float
  }

  /// What one step reports.
  public struct Report: Sendable, Hashable {
    /// The mean of the output over the batch.
    public var loss: Double
    /// The norm of the gradient before clipping.
    public var gradientNorm: Double
  }

  /// Compiles a graph.
  ///
  /// - Parameters:
  ///   - output: What is to be minimised: a node of shape [1], whose mean over the batch is the
  ///     loss; any other node if ``outputGradient`` is written before ``backward(_:gradients:)``.
  ///   - table: The network's parameters.
  ///   - batch: The number of samples.
  ///   - group: Samples that are computed together, which divides the batch: those that share a
  ///     ``Node/contrast(group:)``.
  ///   - inputGradients: Inputs whose gradient is wanted too.
  public init(
    minimising output: Node, table: ParameterTable, batch: Int, group: Int = 1,
    inputGradients: Set<String> = []
  ) {
    precondition(batch % group == 0, "a batch of \(batch) in groups of \(group)")
    self.batch = batch
    let compiled = BackwardCompiler(output: output, inputs: inputGradients, batch: batch)
    let memory = FloatBuffer(count: compiled.forward.workspaceCount)
    func view(_ slot: Slot?) -> UnsafeMutableBufferPointer<Float> {
      UnsafeMutableBufferPointer(
        start: memory.pointer + (slot?.offset ?? 0), count: (slot?.stride ?? 0) * batch)
    }
    var views: [String: UnsafeMutableBufferPointer<Float>] = [:]
    var gradientViews = views
    for (index, value) in output.graph.values.enumerated() {
      guard case .input(let name, _) = value.operation else { continue }
      if let slot = compiled.forward.slots[index] { views[name] = view(slot) }
      if let slot = compiled.gradients[index] { gradientViews[name] = view(slot) }
    }
    workspace = memory
    inputs = views
    self.inputGradients = gradientViews
    forwardInstructions = compiled.forward.stages.joined().map(\.instruction)
    backwardInstructions = compiled.instructions
    taskLists = compiled.taskLists
    self.output = view(compiled.forward.slots[output.index])
    outputGradient = view(compiled.gradients[output.index])
    outputGradient.update(repeating: 1 / Float(batch))
    let rows = min(256, max(8, (batch + 1) / 2))
    blockRows = (rows + group - 1) / group * group
    trainedExtent = table.trainedExtent
    chunkSums = .allocate(capacity: (trainedExtent + Self.chunk - 1) / Self.chunk)
    chunkSums.initialize(repeating: 0)
  }

  deinit {
    chunkSums.deallocate()
  }

  /// The memory of an input: batch × its size; nil for a name that the output does not need.
  public func input(_ name: String) -> UnsafeMutableBufferPointer<Float>? { inputs[name] }

  /// The gradient of an input that was asked for: batch × its size.
  public func inputGradient(_ name: String) -> UnsafeMutableBufferPointer<Float>? {
    inputGradients[name]
  }

  // MARK: Piece by piece, on the calling thread

  /// Computes the output from the inputs.
  public func forward(_ weights: FloatBuffer) {
    execution(weights, 0..<batch).run(forwardInstructions)
  }

  /// Computes the gradients of parameters and inputs; call after ``forward(_:)``.
  public func backward(_ weights: FloatBuffer, gradients: FloatBuffer) {
    backward(weights)
    for list in taskLists {
      for task in list {
        execution(weights, 0..<batch).run(task, gradients: gradients.pointer)
      }
    }
  }

  /// Computes the gradients of inputs alone; call after ``forward(_:)``.
  public func backward(_ weights: FloatBuffer) {
    execution(weights, 0..<batch).run(backwardInstructions)
  }

  private func execution(_ weights: FloatBuffer, _ rows: Range<Int>) -> Execution {
    Execution(
      workspace: workspace.pointer, parameters: weights.pointer, firstRow: rows.lowerBound,
      rows: rows.count)
  }

  // MARK: A whole step, on all threads

  /// Takes one optimisation step: fills the inputs, computes loss and gradient, updates the
  /// weights and their average.
  ///
  /// A gradient that is not finite leaves the weights as they were.
  ///
  /// - Parameters:
  ///   - state: Weights and moments; its step count is raised.
  ///   - source: What fills the inputs.
  ///   - optimiser: The rule.
  ///   - learningRate: The rate of this step.
  ///   - pool: The threads to use.
  /// - Returns: The loss and the gradient's norm.
  public func step(
    _ state: OptimiserState, source: any BatchSource, optimiser: AdamW, learningRate: Float,
    pool: WorkerPool
  ) -> Report {
    region = Region(
      pool: pool.pool, source: source, state: state, optimiser: optimiser,
      learningRate: learningRate)
    CKernels_pool_run(
      pool.pool,
      { context, _ in
        guard let context else { return }
        Unmanaged<TrainingProgram>.fromOpaque(context).takeUnretainedValue().work()
      }, Unmanaged.passUnretained(self).toOpaque())
    region = nil
    state.step += 1
    let loss = output.reduce(0.0) { $0 + Double($1) } / Double(batch)
    return Report(loss: loss, gradientNorm: gradientNorm)
  }

  private var gradientNorm: Double { chunkSums.reduce(0, +).squareRoot() }

  /// What each worker does in a step.
  private func work() {
    guard let region else { return }
    let state = region.state
    let pool = region.pool
    forEachTask(queue: 0, of: (batch + blockRows - 1) / blockRows, pool) { block in
      let rows = block * blockRows..<min((block + 1) * blockRows, batch)
      region.source.fill(rows, step: state.step)
      let execution = execution(state.weights, rows)
      execution.run(forwardInstructions)
      execution.run(backwardInstructions)
    }
    CKernels_pool_barrier(pool)
    forEachTask(queue: 1, of: taskLists.count, pool) { list in
      let execution = execution(state.weights, 0..<batch)
      for task in taskLists[list] { execution.run(task, gradients: state.gradients.pointer) }
    }
    CKernels_pool_barrier(pool)
    forEachTask(queue: 2, of: chunkSums.count, pool) { chunk in
      let range = elements(of: chunk)
      chunkSums[chunk] = CKernels_sum_of_squares(
        state.gradients.pointer + range.lowerBound, range.count)
    }
    CKernels_pool_barrier(pool)
    let norm = gradientNorm
    guard norm.isFinite else { return }
    var options = region.optimiser.options(
      step: state.step + 1, learningRate: region.learningRate, gradientNorm: norm)
    forEachTask(queue: 3, of: chunkSums.count, pool) { chunk in
      let range = elements(of: chunk)
      let start = range.lowerBound
      CKernels_adamw(
        state.weights.pointer + start, state.moment1.pointer + start,
        state.moment2.pointer + start, state.average.pointer + start,
        state.gradients.pointer + start, &options, range.count)
    }
  }

  private func elements(of chunk: Int) -> Range<Int> {
    chunk * Self.chunk..<min((chunk + 1) * Self.chunk, trainedExtent)
  }

  private func forEachTask(
    queue: Int, of count: Int, _ pool: OpaquePointer, _ body: (Int) -> Void
  ) {
    while true {
      let task = CKernels_pool_next(pool, queue)
      if task >= count { return }
      body(task)
    }
  }
}
