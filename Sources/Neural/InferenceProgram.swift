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
  public init(
    computing output: Node, weights: FloatBuffer, samples: Int, observations: Int, times: Int = 1
  ) {
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
    run(.times, samples: 0, observations: 0, time: 0)
  }

  /// Computes what depends on the observations alone; call once a decision, after the inputs of
  /// that rate are written.
  ///
  /// - Parameters:
  ///   - observations: How many, at most the capacity.
  ///   - samples: How many samples will follow, a multiple of `observations`.
  public func observe(observations: Int, samples: Int) {
    run(.observation, samples: samples, observations: observations, time: 0)
  }

  /// Computes the output for one noise step.
  ///
  /// - Parameters:
  ///   - time: The row of the inputs that depend on the noise step alone.
  ///   - samples: How many samples.
  ///   - observations: How many observations; sample i belongs to observation
  ///     i / (samples / observations).
  public func step(time: Int = 0, samples: Int, observations: Int) {
    run(.step, samples: samples, observations: observations, time: time)
  }

  private func run(
    _ stage: ForwardCompiler.Stage, samples: Int, observations: Int, time: Int
  ) {
    let counts = (times, observations, samples)
    var execution = Execution(
      workspace: workspace.pointer, parameters: weights.pointer, rows: 0)
    execution.time = time
    for scheduled in stages[stage.rawValue] {
      switch scheduled.rows {
      case .times: execution.rows = counts.0
      case .observations: execution.rows = counts.1
      case .samples: execution.rows = counts.2
      }
      execution.repetition =
        scheduled.rows == .samples && observations > 0 ? samples / observations : 1
      execution.run(scheduled.instruction)
    }
  }
}
