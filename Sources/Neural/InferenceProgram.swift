/// A network compiled for deciding: what depends on the noise step alone is computed once when it
/// is made, what depends on the observation once a decision, the rest once a noise step.
///
/// Running it allocates nothing. One program serves one thread at a time, or a pool's workers
/// together: either each computes rows of its own, or all share the products of every step.
/// Programs of one ``Weights`` may run on as many threads as there are programs.
public final class InferenceProgram {
  /// The largest number of samples and of observations of one run.
  public let capacity: (samples: Int, observations: Int)
  private let weights: Weights
  private let panels: WeightPanels
  /// A workspace for each worker; the first is everybody's but where workers share products.
  private let workspaces: [FloatBuffer]
  private let observationPlaces: [Range<Int>]
  private let noiseSteps: Int
  private let stages: [[ForwardCompiler.Scheduled]]
  let inputs: InputPlaces
  private let outputPlace: Range<Int>

  /// Compiles a graph.
  ///
  /// - Parameters:
  ///   - output: What to compute.
  ///   - weights: The parameters, in the layout of the network's table; programs of several threads
  ///     may share them.
  ///   - samples: The largest number of samples.
  ///   - observations: The largest number of observations; samples are spread evenly over them.
  ///   - noiseSteps: The number of noise steps; rows of the inputs that depend on the step alone.
  ///   - precision: How the weights are kept that each noise step reads.
  ///   - workers: How many may share products.
  public init(
    computing output: Node, weights: Weights, samples: Int, observations: Int,
    noiseSteps: Int = 1, precision: WeightPrecision = .single, workers: Int = 1
  ) {
    let recorded = output.graph
    let (output, weights) = output.merged(weights)
    let capacities = [noiseSteps, observations, samples]
    let compiled = ForwardCompiler(
      graph: output.graph, outputs: [output], isTraining: false, capacities: capacities)
    func place(_ index: Int) -> Range<Int> {
      let slot = compiled.slots[index] ?? Slot(offset: 0, stride: 0)
      let rows = capacities[compiled.rowKind(index).rawValue]
      return slot.offset..<slot.offset + slot.stride * rows
    }
    capacity = (samples, observations)
    self.weights = weights
    panels = WeightPanels(
      compiled.packings, of: weights, precision: precision)
    self.noiseSteps = noiseSteps
    workspaces = (0..<max(workers, 1)).map { _ in FloatBuffer(count: compiled.workspaceCount) }
    observationPlaces = compiled.observationPlaces
    stages = compiled.stages
    inputs = InputPlaces(recorded) { place($0) }
    outputPlace = place(output.index)
  }

  /// The bytes of memory that a program would take beside its weights.
  ///
  /// - Parameters:
  ///   - output: What to compute.
  ///   - samples: The largest number of samples.
  ///   - observations: The largest number of observations.
  ///   - noiseSteps: The number of noise steps.
  ///   - workers: How many may share products.
  /// - Returns: The bytes; `Int.max` where they are beyond counting.
  public static func bytes(
    computing output: Node, samples: Int, observations: Int, noiseSteps: Int = 1, workers: Int = 1
  ) -> Int {
    let compiled = ForwardCompiler(
      graph: output.graph, outputs: [output], isTraining: false,
      capacities: [noiseSteps, observations, samples])
    let (bytes, overflows) = compiled.workspaceCount.multipliedReportingOverflow(
      by: MemoryLayout<Float>.stride * max(workers, 1))
    return overflows ? .max : bytes
  }

  /// Compiles a graph with a copy of what a buffer holds now.
  public convenience init(
    computing output: Node, weights: FloatBuffer, samples: Int, observations: Int,
    noiseSteps: Int = 1, precision: WeightPrecision = .single, workers: Int = 1
  ) {
    self.init(
      computing: output, weights: Weights(copying: weights), samples: samples,
      observations: observations, noiseSteps: noiseSteps, precision: precision, workers: workers)
  }

  private func view(_ place: Range<Int>, worker: Int) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(
      start: workspaces[worker].pointer + place.lowerBound, count: place.count)
  }

  /// The memory of an input, valid as long as the program.
  ///
  /// - Parameters:
  ///   - node: An input of the graph that the program was compiled from.
  ///   - worker: Whose, where workers share products; samples are then each worker's own to write.
  /// - Returns: A row for each noise step, observation or sample, by the input's rate.
  public func rows(of node: Node, worker: Int = 0) -> UnsafeMutableBufferPointer<Float> {
    view(inputs[node], worker: worker)
  }

  /// The output of the last step: a row of its size for each sample, or for each observation where
  /// it depends on nothing else.
  public var output: UnsafeMutableBufferPointer<Float> { output(worker: 0) }

  /// The output in the memory of a worker.
  public func output(worker: Int) -> UnsafeMutableBufferPointer<Float> {
    view(outputPlace, worker: worker)
  }

  /// Computes what depends on the noise step alone, for all of them; call once, after the inputs
  /// of that rate are written.
  public func prepareNoiseSteps() {
    let execution = execution(rows: 0..<noiseSteps, worker: 0)
    for scheduled in stages[ForwardCompiler.Stage.noiseSteps.rawValue] {
      execution.run(scheduled.instruction)
    }
    for other in workspaces.dropFirst() { other.copy(from: workspaces[0]) }
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
        execution(rows: 0..<0, worker: 0))
    }
  }

  /// Computes the output for one noise step.
  ///
  /// Every row has the same bytes whichever rows are computed with it, and by however many workers.
  ///
  /// - Parameters:
  ///   - noiseStep: The row of the inputs that depend on the noise step alone.
  ///   - samples: How many samples.
  ///   - observations: How many observations; sample i belongs to observation
  ///     i / (samples / observations).
  ///   - rows: The samples to compute now; nil for all. Threads may compute different samples of
  ///     one program at a time.
  public func step(
    noiseStep: Int = 0, samples: Int, observations: Int, rows: Range<Int>? = nil
  ) {
    let rows = rows ?? 0..<samples
    var execution = execution(rows: rows, worker: 0)
    execution.noiseStep = noiseStep
    for scheduled in stages[ForwardCompiler.Stage.step.rawValue] {
      run(scheduled, rows: rows, repetition: samples / max(observations, 1), execution)
    }
  }

  private func execution(rows: Range<Int>, worker: Int) -> Execution {
    var execution = Execution(
      workspace: workspaces[worker].pointer, parameters: weights.pointer,
      firstRow: rows.lowerBound, rows: rows.count)
    execution.panels = panels.view
    return execution
  }

  // MARK: Workers that share every product

  /// Takes over what was computed from the observations; each worker calls it once a decision,
  /// before its first shared step.
  public func takeObservations(_ worker: Worker) {
    for place in observationPlaces where worker.index > 0 {
      (workspaces[worker.index].pointer + place.lowerBound).update(
        from: workspaces[0].pointer + place.lowerBound, count: place.count)
    }
    worker.barrier()
  }

  /// Computes the output for one noise step in every worker's memory; all workers call it together.
  ///
  /// Of a large product each computes some columns for all, so that its part of the weights stays
  /// in its core's cache; everything else is so little that each does it for itself, which saves
  /// waiting for the others.
  ///
  /// - Parameters:
  ///   - noiseStep: As for ``step(noiseStep:samples:observations:rows:)``.
  ///   - samples: As there.
  ///   - observations: As there.
  ///   - rows: As there.
  ///   - worker: Which worker calls.
  public func step(
    noiseStep: Int, samples: Int, observations: Int, rows: Range<Int>, with worker: Worker
  ) {
    var execution = execution(rows: rows, worker: worker.index)
    execution.noiseStep = noiseStep
    var shared = 0
    for scheduled in stages[ForwardCompiler.Stage.step.rawValue] {
      let isShared = scheduled.instruction.isWorthSharing
      execution.share = isShared ? (worker.index, worker.count) : (0, 1)
      run(scheduled, rows: rows, repetition: samples / max(observations, 1), execution)
      guard isShared else { continue }
      for (other, workspace) in workspaces.enumerated() where other != worker.index {
        execution.copyShare(of: scheduled.instruction, to: workspace.pointer)
      }
      worker.barrier()
      shared += 1
    }
    // Two meetings a step keep a worker from writing what another still reads of the step before.
    if shared == 1 { worker.barrier() }
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
