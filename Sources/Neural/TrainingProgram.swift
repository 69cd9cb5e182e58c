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
///
/// A program's memory is its own: one thread at a time calls it, whose `step` spreads the work
/// over a pool. Several programs may run at once.
public final class TrainingProgram: WorkerTeam {
  /// The number of samples of a batch.
  public let batch: Int
  /// The gradient of the output: batch × output; 1 / batch throughout, until somebody writes it.
  public let outputGradient: UnsafeMutableBufferPointer<Float>
  /// The output: batch × output's size; for a loss, one number a sample.
  public let output: UnsafeMutableBufferPointer<Float>

  /// How its products round their operands.
  public var precision = TrainingPrecision.single

  /// For each sample its noise step, a row of the inputs that depend on the step alone; nil where
  /// samples do not share steps.
  public let noiseSteps: UnsafeMutableBufferPointer<Int32>?

  let workspace: FloatBuffer
  /// Forward instructions over noise steps and over samples.
  private let stepsForward: [Instruction]
  private let samplesForward, samplesBackward: [InstructionRun]
  private let stepsBackward: BackwardCompiler.Phase
  /// Each list's tasks sum over all samples.
  private let samplesTasks: [[GradientTask]]
  private let noiseStepCount: Int
  let inputs, inputGradients: InputPlaces
  private let watchedPlaces: [Int: Range<Int>]
  /// The samples that are computed together.
  let group: Int
  /// Where values lie of which the whole batch is looked at: the first element, and how many a row
  /// has.
  let sampleRows: [(place: Int, width: Int)]
  private let trainedExtent: Int
  let chunkSums: UnsafeMutableBufferPointer<Double>
  var region: Region?

  /// Elements of the flat buffers that one task of the update takes.
  private static let chunk = 16_384
  /// Noise steps that one task takes.
  private static let noiseStepsBlock = 16

  /// What the workers of one step share.
  struct Region {
    var source: any BatchSource
    var state: OptimiserState
    var optimiser: AdamW
    var learningRate: Float
    var stage: TrainingPhase
    var task = Task.step
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
  ///   - noiseSteps: The number of noise steps, if samples share them: inputs that depend on the
  ///     step alone then have a row for each step, and ``noiseSteps`` says which one a sample has.
  ///     0 if each sample has inputs of its own.
  ///   - inputs: Inputs whose gradient is wanted too.
  ///   - watched: Nodes that ``values(of:)`` is asked for.
  public init(
    minimising output: Node, table: ParameterTable, batch: Int, group: Int = 1,
    noiseSteps: Int = 0, gradientsOf inputs: [Node] = [], watching watched: [Node] = []
  ) {
    precondition(batch % group == 0, "a batch of \(batch) in groups of \(group)")
    (self.batch, self.group) = (batch, group)
    let compiled = BackwardCompiler(
      output: output, inputs: Set(inputs.map(\.index)), batch: batch, noiseSteps: noiseSteps,
      watched: watched)
    let memory = FloatBuffer(count: compiled.forward.workspaceCount)
    func place(_ slot: Slot?, _ index: Int) -> Range<Int>? {
      let rows = compiled.forward.rowKind(index) == .noiseSteps ? noiseSteps : batch
      return slot.map { $0.offset..<$0.offset + $0.stride * rows }
    }
    workspace = memory
    self.inputs = InputPlaces(output.graph) { place(compiled.forward.slots[$0], $0) }
    watchedPlaces = Dictionary(
      watched.map { ($0.index, place(compiled.forward.slots[$0.index], $0.index) ?? 0..<0) },
      uniquingKeysWith: { first, _ in first })
    sampleRows = ([output] + watched).map(\.index).compactMap { index in
      compiled.forward.slots[index].flatMap {
        compiled.forward.rowKind(index) == .samples ? ($0.offset, $0.stride) : nil
      }
    }
    inputGradients = InputPlaces(output.graph) { place(compiled.gradients[$0], $0) }
    let stages = compiled.forward.stages.map { $0.map(\.instruction) }
    stepsForward = stages[0]
    samplesForward = InstructionRun.runs(of: stages[1] + stages[2])
    samplesBackward = InstructionRun.runs(of: compiled.samples.instructions)
    (stepsBackward, samplesTasks) = (compiled.noiseSteps, compiled.samples.taskLists)
    noiseStepCount = noiseSteps
    self.noiseSteps = noiseSteps > 0 ? .allocate(capacity: batch) : nil
    self.noiseSteps?.initialize(repeating: 0)
    let outputs = place(compiled.forward.slots[output.index], output.index)
    self.output = Self.view(memory, outputs ?? 0..<0)
    let gradients = place(compiled.gradients[output.index], output.index)
    outputGradient = Self.view(memory, gradients ?? 0..<0)
    outputGradient.update(repeating: 1 / Float(batch))
    trainedExtent = table.trainedExtent
    chunkSums = .allocate(capacity: (trainedExtent + Self.chunk - 1) / Self.chunk)
    chunkSums.initialize(repeating: 0)
  }

  deinit {
    chunkSums.deallocate()
    noiseSteps?.deallocate()
  }

  // MARK: Memory

  private static func view(
    _ memory: FloatBuffer, _ place: Range<Int>
  ) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: memory.pointer + place.lowerBound, count: place.count)
  }

  /// The memory of an input, valid as long as the program.
  ///
  /// - Parameter node: An input of the graph that the program was compiled from.
  /// - Returns: Rows of the input's size: one for each noise step where samples share steps and the
  ///   input depends on the step alone, else one for each sample.
  public func rows(of node: Node) -> UnsafeMutableBufferPointer<Float> {
    Self.view(workspace, inputs[node])
  }

  /// The first element of ``rows(of:)``.
  public func memory(of node: Node) -> UnsafeMutablePointer<Float> {
    workspace.pointer + inputs[node].lowerBound
  }

  /// What the last forward pass made of a node that is watched: a row for each sample.
  public func values(of node: Node) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(Self.view(workspace, watchedPlaces[node.index] ?? 0..<0))
  }

  /// The gradient of an input that was asked for, laid out as ``rows(of:)``; zeros where the output
  /// does not depend on it.
  public func inputGradient(of node: Node) -> UnsafeMutableBufferPointer<Float> {
    Self.view(workspace, inputGradients[node])
  }

  // MARK: Piece by piece, on the calling thread

  /// Computes the output from the inputs.
  public func forward(_ weights: FloatBuffer) { forward(weights.pointer) }

  /// Computes the output from the inputs.
  public func forward(_ weights: Weights) {
    weights.withUnsafeElements { values in
      if let start = values.baseAddress { forward(start) }
    }
  }

  private func forward(_ weights: UnsafePointer<Float>) {
    execution(weights, over: 0..<noiseStepCount).run(stepsForward)
    execution(weights, 0..<batch).run(samplesForward)
  }

  /// Computes the gradients of parameters and inputs; call after `forward`.
  public func backward(_ weights: FloatBuffer, gradients: FloatBuffer) {
    backward(weights)
    let samples = execution(weights.pointer, 0..<batch)
    for list in samplesTasks {
      for task in list { samples.run(task, gradients: gradients.pointer) }
    }
    let steps = execution(weights.pointer, over: 0..<noiseStepCount)
    steps.run(stepsBackward.instructions)
    for list in stepsBackward.taskLists {
      for task in list { steps.run(task, gradients: gradients.pointer) }
    }
  }

  /// Computes the gradients of inputs alone; call after `forward`.
  public func backward(_ weights: FloatBuffer) {
    execution(weights.pointer, 0..<batch).run(samplesBackward)
  }

  /// Computes the gradients of inputs alone; call after `forward`.
  public func backward(_ weights: Weights) {
    weights.withUnsafeElements { values in
      guard let start = values.baseAddress else { return }
      execution(start, 0..<batch).run(samplesBackward)
    }
  }

  private func execution(_ weights: UnsafePointer<Float>, _ rows: Range<Int>) -> Execution {
    var execution = Execution(
      workspace: workspace.pointer, parameters: weights, firstRow: rows.lowerBound,
      rows: rows.count)
    execution.noiseSteps = noiseSteps.flatMap { UnsafePointer($0.baseAddress) }
    execution.noiseStepCount = noiseStepCount
    execution.precision = precision
    return execution
  }

  /// Runs over noise steps.
  private func execution(
    _ weights: UnsafePointer<Float>, over noiseSteps: Range<Int>
  ) -> Execution {
    var execution = Execution(
      workspace: workspace.pointer, parameters: weights, firstRow: noiseSteps.lowerBound,
      rows: noiseSteps.count)
    execution.precision = precision
    return execution
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
  ///   - phase: Which parameters move, and when they began to; nil for all of them, from the start.
  ///   - sharded: The shards whose gradients are added, and who computes them; nil for the whole
  ///     batch at once. The bytes depend on the number of shards, but not on who computes them.
  /// - Returns: The loss and the gradient's norm.
  public func step(
    _ state: OptimiserState, source: any BatchSource, optimiser: AdamW, learningRate: Float,
    pool: WorkerPool, phase: TrainingPhase? = nil, sharded: ShardedGradient? = nil
  ) -> Report {
    region = Region(
      source: source, state: state, optimiser: optimiser, learningRate: learningRate,
      stage: phase ?? TrainingPhase(parameters: 0..<trainedExtent, firstStep: 0))
    if let sharded { step(sharded, state, pool) } else { pool.run(self) }
    region = nil
    state.step += 1
    let loss = output.reduce(0.0) { $0 + Double($1) } / Double(batch)
    return Report(loss: loss, gradientNorm: gradientNorm)
  }

  private var gradientNorm: Double { chunkSums.reduce(0, +).squareRoot() }

  /// What each worker does in a step.
  public func work(_ worker: Worker) {
    guard let region else { return }
    switch region.task {
    case .step:
      computeGradient(of: 0..<batch, into: region.state.gradients, isFirst: true, region, worker)
      update(region, worker)
    case .gradient(let rows, let gradients, let isFirst):
      computeGradient(of: rows, into: gradients, isFirst: isFirst, region, worker)
    case .sum(let total, let other): sum(total, other, worker)
    case .update: update(region, worker)
    }
  }

  /// Fills rows of the batch, runs them forward and backward, and sums the parameters' gradients.
  private func computeGradient(
    of rows: Range<Int>, into gradients: FloatBuffer, isFirst: Bool, _ region: Region,
    _ worker: Worker
  ) {
    let state = region.state
    let weights = UnsafePointer(state.weights.pointer)
    if isFirst {
      forEachNoiseStepsBlock(queue: 0, worker) { execution(weights, over: $0).run(stepsForward) }
    }
    let half = min(256, max(8, (rows.count + 1) / 2))
    let size = (half + group - 1) / group * group
    worker.forEachTask(queue: 1, of: (rows.count + size - 1) / size) { block in
      let start = rows.lowerBound + block * size
      let rows = start..<min(start + size, rows.upperBound)
      region.source.fill(rows, step: state.step)
      let execution = execution(weights, rows)
      execution.run(samplesForward)
      execution.run(samplesBackward)
    }
    worker.barrier()
    run(samplesTasks, into: gradients, queue: 2, execution(weights, rows), worker)
    forEachNoiseStepsBlock(queue: 3, worker) {
      execution(weights, over: $0).run(stepsBackward.instructions)
    }
    if noiseStepCount > 0 {
      run(
        stepsBackward.taskLists, into: gradients, queue: 4,
        execution(weights, over: 0..<noiseStepCount), worker)
    }
  }

  private func forEachNoiseStepsBlock(
    queue: Int, _ worker: Worker, _ body: (Range<Int>) -> Void
  ) {
    guard noiseStepCount > 0 else { return }
    let size = Self.noiseStepsBlock
    worker.forEachTask(queue: queue, of: (noiseStepCount + size - 1) / size) {
      body($0 * size..<min(($0 + 1) * size, noiseStepCount))
    }
    worker.barrier()
  }

  private func run(
    _ lists: [[GradientTask]], into gradients: FloatBuffer, queue: Int, _ execution: Execution,
    _ worker: Worker
  ) {
    worker.forEachTask(queue: queue, of: lists.count) {
      for task in lists[$0] { execution.run(task, gradients: gradients.pointer) }
    }
    worker.barrier()
  }

  /// Clips the gradient and moves the weights.
  private func update(_ region: Region, _ worker: Worker) {
    let state = region.state
    worker.forEachTask(queue: 5, of: chunkSums.count) { chunk in
      let range = elements(of: chunk, region.stage)
      chunkSums[chunk] = CKernels_sum_of_squares(
        state.gradients.pointer + range.lowerBound, range.count)
    }
    worker.barrier()
    let norm = gradientNorm
    guard norm.isFinite else { return }
    var options = region.optimiser.options(
      step: state.step + 1 - region.stage.firstStep, learningRate: region.learningRate,
      gradientNorm: norm)
    worker.forEachTask(queue: 6, of: chunkSums.count) { chunk in
      let range = elements(of: chunk, region.stage)
      let start = range.lowerBound
      CKernels_adamw(
        state.weights.pointer + start, state.moment1.pointer + start,
        state.moment2.pointer + start, state.average.pointer + start,
        state.gradients.pointer + start, &options, range.count)
    }
  }

  /// The elements of a chunk that move.
  private func elements(of chunk: Int, _ phase: TrainingPhase) -> Range<Int> {
    elements(of: chunk).clamped(to: phase.parameters)
  }

  /// The elements of a chunk.
  func elements(of chunk: Int) -> Range<Int> {
    chunk * Self.chunk..<min((chunk + 1) * Self.chunk, trainedExtent)
  }
}
