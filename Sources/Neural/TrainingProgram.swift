internal import CKernels

/// A network and its loss compiled for one batch size: forward, backward and update over memory
/// that was allocated once.
///
/// A step is one parallel region. Rows of the batch are cut into blocks, each of which is filled,
/// run forward and run backward by one worker; the parameters' gradients are then cut into tiles
/// of columns, and the update into chunks. Every cut depends on the problem alone, so the result
/// has the same bytes on any number of threads.
///
/// Where samples share noise steps, what depends on the step alone is computed once for each step
/// before, and the gradients that samples have for it are summed and carried on after.
public final class TrainingProgram: WorkerTeam {
  /// The number of samples of a batch.
  public let batch: Int
  /// The gradient of the output: batch × output; 1 / batch throughout, until somebody writes it.
  public let outputGradient: UnsafeMutableBufferPointer<Float>
  /// The output: batch × output's size; for a loss, one number a sample.
  public let output: UnsafeMutableBufferPointer<Float>

  /// For each sample its noise step, a row of the inputs that depend on the step alone; nil where
  /// samples do not share steps.
  public let times: UnsafeMutableBufferPointer<Int32>?

  private let workspace: FloatBuffer
  /// Forward instructions over noise steps and over samples.
  private let timesForward, samplesForward: [Instruction]
  private let timesBackward, samplesBackward: BackwardCompiler.Phase
  private let timesCount: Int
  private let inputs: [String: UnsafeMutableBufferPointer<Float>]
  private let inputGradients: [String: UnsafeMutableBufferPointer<Float>]
  private let blockRows: Int
  private let trainedExtent: Int
  private let chunkSums: UnsafeMutableBufferPointer<Double>
  private var region: Region?

  /// Elements of the flat buffers that one task of the update takes.
  private static let chunk = 16_384
  /// Noise steps that one task takes.
  private static let timesBlock = 16

  /// What the workers of one step share.
  private struct Region {
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
  ///   - times: The number of noise steps, if samples share them: inputs that depend on the step
  ///     alone then have a row for each step, and ``times`` says which one a sample has. 0 if each
  ///     sample has inputs of its own.
  ///   - inputGradients: Inputs whose gradient is wanted too.
  public init(
    minimising output: Node, table: ParameterTable, batch: Int, group: Int = 1, times: Int = 0,
    inputGradients: Set<String> = []
  ) {
    precondition(batch % group == 0, "a batch of \(batch) in groups of \(group)")
    self.batch = batch
    let compiled = BackwardCompiler(
      output: output, inputs: inputGradients, batch: batch, times: times)
    let memory = FloatBuffer(count: compiled.forward.workspaceCount)
    func view(_ slot: Slot?, _ index: Int) -> UnsafeMutableBufferPointer<Float> {
      let rows = compiled.forward.rowKind(index) == .times ? times : batch
      return UnsafeMutableBufferPointer(
        start: memory.pointer + (slot?.offset ?? 0), count: (slot?.stride ?? 0) * rows)
    }
    var views: [String: UnsafeMutableBufferPointer<Float>] = [:]
    var gradientViews = views
    for (index, value) in output.graph.values.enumerated() {
      guard case .input(let name, _) = value.operation else { continue }
      if let slot = compiled.forward.slots[index] { views[name] = view(slot, index) }
      if let slot = compiled.gradients[index] { gradientViews[name] = view(slot, index) }
    }
    workspace = memory
    inputs = views
    self.inputGradients = gradientViews
    let stages = compiled.forward.stages.map { $0.map(\.instruction) }
    (timesForward, samplesForward) = (stages[0], stages[1] + stages[2])
    (timesBackward, samplesBackward) = (compiled.times, compiled.samples)
    timesCount = times
    self.times = times > 0 ? .allocate(capacity: batch) : nil
    self.times?.initialize(repeating: 0)
    self.output = view(compiled.forward.slots[output.index], output.index)
    outputGradient = view(compiled.gradients[output.index], output.index)
    outputGradient.update(repeating: 1 / Float(batch))
    let rows = min(256, max(8, (batch + 1) / 2))
    blockRows = (rows + group - 1) / group * group
    trainedExtent = table.trainedExtent
    chunkSums = .allocate(capacity: (trainedExtent + Self.chunk - 1) / Self.chunk)
    chunkSums.initialize(repeating: 0)
  }

  deinit {
    chunkSums.deallocate()
    times?.deallocate()
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
    execution(weights, over: 0..<timesCount).run(timesForward)
    execution(weights, 0..<batch).run(samplesForward)
  }

  /// Computes the gradients of parameters and inputs; call after ``forward(_:)``.
  public func backward(_ weights: FloatBuffer, gradients: FloatBuffer) {
    backward(weights)
    let samples = execution(weights, 0..<batch)
    for list in samplesBackward.taskLists {
      for task in list { samples.run(task, gradients: gradients.pointer) }
    }
    let times = execution(weights, over: 0..<timesCount)
    times.run(timesBackward.instructions)
    for list in timesBackward.taskLists {
      for task in list { times.run(task, gradients: gradients.pointer) }
    }
  }

  /// Computes the gradients of inputs alone; call after ``forward(_:)``.
  public func backward(_ weights: FloatBuffer) {
    execution(weights, 0..<batch).run(samplesBackward.instructions)
  }

  private func execution(_ weights: FloatBuffer, _ rows: Range<Int>) -> Execution {
    var execution = Execution(
      workspace: workspace.pointer, parameters: weights.pointer, firstRow: rows.lowerBound,
      rows: rows.count)
    execution.times = times.flatMap { UnsafePointer($0.baseAddress) }
    execution.groups = timesCount
    return execution
  }

  /// Runs over noise steps.
  private func execution(_ weights: FloatBuffer, over times: Range<Int>) -> Execution {
    Execution(
      workspace: workspace.pointer, parameters: weights.pointer, firstRow: times.lowerBound,
      rows: times.count)
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
      source: source, state: state, optimiser: optimiser, learningRate: learningRate)
    pool.run(self)
    region = nil
    state.step += 1
    let loss = output.reduce(0.0) { $0 + Double($1) } / Double(batch)
    return Report(loss: loss, gradientNorm: gradientNorm)
  }

  private var gradientNorm: Double { chunkSums.reduce(0, +).squareRoot() }

  /// What each worker does in a step.
  public func work(_ worker: Worker) {
    guard let region else { return }
    let state = region.state
    forEachTimesBlock(queue: 0, worker) { execution(state.weights, over: $0).run(timesForward) }
    worker.forEachTask(queue: 1, of: (batch + blockRows - 1) / blockRows) { block in
      let rows = block * blockRows..<min((block + 1) * blockRows, batch)
      region.source.fill(rows, step: state.step)
      let execution = execution(state.weights, rows)
      execution.run(samplesForward)
      execution.run(samplesBackward.instructions)
    }
    worker.barrier()
    run(samplesBackward.taskLists, queue: 2, execution(state.weights, 0..<batch), worker)
    forEachTimesBlock(queue: 3, worker) {
      execution(state.weights, over: $0).run(timesBackward.instructions)
    }
    if timesCount > 0 {
      run(timesBackward.taskLists, queue: 4, execution(state.weights, over: 0..<timesCount), worker)
    }
    update(region, worker)
  }

  private func forEachTimesBlock(queue: Int, _ worker: Worker, _ body: (Range<Int>) -> Void) {
    guard timesCount > 0 else { return }
    let size = Self.timesBlock
    worker.forEachTask(queue: queue, of: (timesCount + size - 1) / size) {
      body($0 * size..<min(($0 + 1) * size, timesCount))
    }
    worker.barrier()
  }

  private func run(
    _ lists: [[GradientTask]], queue: Int, _ execution: Execution, _ worker: Worker
  ) {
    guard let gradients = region?.state.gradients.pointer else { return }
    worker.forEachTask(queue: queue, of: lists.count) {
      for task in lists[$0] { execution.run(task, gradients: gradients) }
    }
    worker.barrier()
  }

  /// Clips the gradient and moves the weights.
  private func update(_ region: Region, _ worker: Worker) {
    let state = region.state
    worker.forEachTask(queue: 5, of: chunkSums.count) { chunk in
      let range = elements(of: chunk)
      chunkSums[chunk] = CKernels_sum_of_squares(
        state.gradients.pointer + range.lowerBound, range.count)
    }
    worker.barrier()
    let norm = gradientNorm
    guard norm.isFinite else { return }
    var options = region.optimiser.options(
      step: state.step + 1, learningRate: region.learningRate, gradientNorm: norm)
    worker.forEachTask(queue: 6, of: chunkSums.count) { chunk in
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
}
