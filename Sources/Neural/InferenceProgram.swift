/// A network compiled for deciding: what depends on the noise step alone is computed once when it
/// is made, what depends on the observation once a decision, the rest once a noise step.
///
/// Running it allocates nothing. One program serves one thread at a time.
public final class InferenceProgram {
  /// The largest number of samples and of observations of one run.
  public let capacity: (samples: Int, observations: Int)
  /// The output of the last ``step(time:samples:observations:)``: a row of its size for each
  /// sample, or for each observation where it depends on nothing else.
  public let output: UnsafeMutableBufferPointer<Float>

  private let weights: FloatBuffer
  private let panels: WeightPanels
  private let workspace: FloatBuffer
  private let times: Int
  private let stages: [[ForwardCompiler.Scheduled]]
  private let inputs: [String: UnsafeMutableBufferPointer<Float>]

  /// Compiles a graph.
  ///
  /// - Parameters:
  ///   - output: What to compute.
  ///   - weights: The parameters, in the layout of the network's table.
  ///   - samples: The largest number of samples.
  ///   - observations: The largest number of observations; samples are spread evenly over them.
  ///   - times: The number of noise steps; rows of the inputs that depend on the step alone.
  ///   - precision: How the weights are kept that each noise step reads.
  public init(
    computing output: Node, weights: FloatBuffer, samples: Int, observations: Int, times: Int = 1,
    precision: WeightPrecision = .single
  ) {
    let (output, weights) = output.merged(weights)
    let compiled = ForwardCompiler(
      graph: output.graph, outputs: [output], isTraining: false,
      capacities: [times, observations, samples])
    let memory = FloatBuffer(count: compiled.workspaceCount)
    let capacities = [times, observations, samples]
    func view(_ slot: Slot, rows: Int) -> UnsafeMutableBufferPointer<Float> {
      UnsafeMutableBufferPointer(start: memory.pointer + slot.offset, count: slot.stride * rows)
    }
    var views: [String: UnsafeMutableBufferPointer<Float>] = [:]
    for (index, value) in output.graph.values.enumerated() {
      guard case .input(let name, _) = value.operation, let slot = compiled.slots[index] else {
        continue
      }
      views[name] = view(slot, rows: capacities[compiled.rowKind(index).rawValue])
    }
    capacity = (samples, observations)
    self.weights = weights
    panels = WeightPanels(
      compiled.packings, count: compiled.panelCount, of: weights, precision: precision)
    self.times = times
    workspace = memory
    stages = compiled.stages
    inputs = views
    let outputRows = capacities[compiled.rowKind(output.index).rawValue]
    self.output = view(
      compiled.slots[output.index] ?? Slot(offset: 0, stride: 0), rows: outputRows)
  }

  /// The memory of an input: a row for each time, observation or sample, by the input's rate; nil
  /// for a name that the output does not need.
  public func input(_ name: String) -> UnsafeMutableBufferPointer<Float>? { inputs[name] }

  /// Computes what depends on the noise step alone, for all of them; call once, after the inputs
  /// of that rate are written.
  public func prepareTimes() {
    for scheduled in stages[ForwardCompiler.Stage.times.rawValue] {
      execution(rows: 0..<times).run(scheduled.instruction)
    }
  }

  /// Computes what depends on the observations alone; call once a decision, after the inputs of
  /// that rate are written.
  ///
  /// - Parameters:
  ///   - observations: How many, at most the capacity.
  ///   - samples: How many samples will follow, a multiple of `observations`.
  public func observe(observations: Int, samples: Int) {
    for scheduled in stages[ForwardCompiler.Stage.observation.rawValue] {
      run(
        scheduled, rows: 0..<samples, repetition: samples / max(observations, 1),
        execution(rows: 0..<0))
    }
  }

  /// Computes the output for one noise step.
  ///
  /// Every row has the same bytes whichever rows are computed with it, by however many workers.
  ///
  /// - Parameters:
  ///   - time: The row of the inputs that depend on the noise step alone.
  ///   - samples: How many samples.
  ///   - observations: How many observations; sample i belongs to observation
  ///     i / (samples / observations).
  ///   - rows: The samples to compute now; nil for all. Threads may compute different samples of one
  ///     program at a time, whole observations each where a value depends on no more.
  ///   - worker: Shares the work with the other workers of a pool that call this together; nil to
  ///     do it alone.
  public func step(
    time: Int = 0, samples: Int, observations: Int, rows: Range<Int>? = nil, worker: Worker? = nil
  ) {
    let rows = rows ?? 0..<samples
    let repetition = samples / max(observations, 1)
    var execution = execution(rows: rows)
    execution.time = time
    guard let worker, worker.count > 1 else {
      for scheduled in stages[ForwardCompiler.Stage.step.rawValue] {
        run(scheduled, rows: rows, repetition: repetition, execution)
      }
      return
    }
    var wasShared = true
    for scheduled in stages[ForwardCompiler.Stage.step.rawValue] {
      let isShared = scheduled.instruction.isWorthSharing
      if isShared || wasShared { worker.barrier() }
      wasShared = isShared
      execution.share = isShared ? (worker.index, worker.count) : (0, 1)
      if isShared || worker.index == 0 {
        run(scheduled, rows: rows, repetition: repetition, execution)
      }
    }
    worker.barrier()
  }

  private func execution(rows: Range<Int>) -> Execution {
    var execution = Execution(
      workspace: workspace.pointer, parameters: weights.pointer, firstRow: rows.lowerBound,
      rows: rows.count)
    execution.panels = panels.view
    return execution
  }

  /// Runs an instruction over its own kind of rows, given those of the samples.
  private func run(
    _ scheduled: ForwardCompiler.Scheduled, rows: Range<Int>, repetition: Int,
    _ execution: Execution
  ) {
    var execution = execution
    if scheduled.rows == .observations {
      execution.firstRow = rows.lowerBound / max(repetition, 1)
      execution.rows =
        (rows.upperBound + max(repetition, 1) - 1) / max(repetition, 1) - execution.firstRow
    } else {
      (execution.firstRow, execution.rows) = (rows.lowerBound, rows.count)
      execution.repetition = repetition
    }
    execution.run(scheduled.instruction)
  }
}
