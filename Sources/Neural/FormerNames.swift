// Names of version 0.1, kept for one version.

extension TrainingProgram {
  /// The former name of ``noiseSteps``.
  @available(*, deprecated, renamed: "noiseSteps")
  public var times: UnsafeMutableBufferPointer<Int32>? { noiseSteps }

  /// The former way to ask for shared noise steps.
  @available(*, deprecated, renamed: "init(minimising:table:batch:group:noiseSteps:gradientsOf:)")
  public convenience init(
    minimising output: Node, table: ParameterTable, batch: Int, group: Int = 1, times: Int
  ) {
    self.init(minimising: output, table: table, batch: batch, group: group, noiseSteps: times)
  }

  /// The former way to ask for inputs' gradients, by their names.
  @available(*, deprecated, message: "gradientsOf: takes the inputs' nodes")
  public convenience init(
    minimising output: Node, table: ParameterTable, batch: Int, group: Int = 1,
    inputGradients: Set<String>
  ) {
    self.init(
      minimising: output, table: table, batch: batch, group: group,
      gradientsOf: output.graph.inputs.filter { inputGradients.contains($0.name) }.map(\.node))
  }

  /// The memory of an input by its name.
  @available(*, deprecated, message: "rows(of:) finds it by its node")
  public func input(_ name: String) -> UnsafeMutableBufferPointer<Float>? { rows(named: name) }

  /// The gradient of an input by its name.
  @available(*, deprecated, message: "inputGradient(of:) finds it by its node")
  public func inputGradient(_ name: String) -> UnsafeMutableBufferPointer<Float>? {
    inputGradient(named: name)
  }
}

extension InferenceProgram {
  /// The former way to say how many noise steps there are.
  @available(
    *, deprecated,
    renamed: "init(computing:weights:samples:observations:noiseSteps:precision:workers:)"
  )
  public convenience init(
    computing output: Node, weights: FloatBuffer, samples: Int, observations: Int, times: Int,
    precision: WeightPrecision = .single, workers: Int = 1
  ) {
    self.init(
      computing: output, weights: weights, samples: samples, observations: observations,
      noiseSteps: times, precision: precision, workers: workers)
  }

  /// The memory of an input by its name.
  @available(*, deprecated, message: "rows(of:worker:) finds it by its node")
  public func input(
    _ name: String, worker: Int = 0
  ) -> UnsafeMutableBufferPointer<Float>? {
    rows(named: name, worker: worker)
  }

  /// The former name of ``prepareNoiseSteps()``.
  @available(*, deprecated, renamed: "prepareNoiseSteps()")
  public func prepareTimes() { prepareNoiseSteps() }

  /// The former name of ``step(noiseStep:samples:observations:rows:)``.
  @available(*, deprecated, renamed: "step(noiseStep:samples:observations:rows:)")
  public func step(time: Int, samples: Int, observations: Int, rows: Range<Int>? = nil) {
    step(noiseStep: time, samples: samples, observations: observations, rows: rows)
  }

  /// The former name of ``step(noiseStep:samples:observations:rows:with:)``.
  @available(*, deprecated, renamed: "step(noiseStep:samples:observations:rows:with:)")
  public func step(
    time: Int, samples: Int, observations: Int, rows: Range<Int>, with worker: Worker
  ) {
    step(
      noiseStep: time, samples: samples, observations: observations, rows: rows, with: worker)
  }
}

extension InputRate {
  /// The former name of ``perNoiseStep``.
  @available(*, deprecated, renamed: "perNoiseStep")
  public static var perTime: InputRate { .perNoiseStep }
}

extension FloatBuffer {
  /// The elements, which outlive the buffer for nobody: a collection of them is the buffer itself.
  public var elements: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: pointer, count: count)
  }
}

extension ParameterScope {
  /// The former way to ask for PyTorch's layout of weights in files.
  @available(*, deprecated, renamed: "declare(_:shape:initialiser:fileLayout:)")
  public func declare(
    _ name: String, shape: [Int], initialiser: Initialiser, isTransposedInFiles: Bool
  ) -> Parameter {
    declare(
      name, shape: shape, initialiser: initialiser,
      fileLayout: isTransposedInFiles ? .outputsFirst : .asInMemory)
  }
}

extension Parameter {
  /// Whether files hold it as PyTorch does with weights.
  @available(*, deprecated, renamed: "fileLayout")
  public var isTransposedInFiles: Bool { fileLayout == .outputsFirst }
}
