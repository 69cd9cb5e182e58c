internal import Diffusion
internal import Neural
internal import Randomness

/// Draws chunks by running the reverse process on all windows at once.
///
/// Rows are ordered window by window, the candidates of a window side by side. Under guidance the
/// same rows follow once more, with nothing seen. Threads take blocks of rows and denoise each from
/// first to last; where there are too few rows for that, they share the products of every step.
final class DiffusionDecider: Decider, WorkerTeam {
  let capacity: Int
  let observations: UnsafeMutableBufferPointer<Float>
  let images: [UnsafeMutableBufferPointer<Float>]
  private let program: InferenceProgram
  private let plan: SamplingPlan
  private let candidates: Int
  private let density: KernelDensity
  private let workspace: UnsafeMutableBufferPointer<Double>
  private let guidance: LinearCombination?
  /// The inputs that hide what is seen, under guidance.
  private let dropping: (kept: Node, dropped: Node)?
  /// The chunks on their way, in the memory of each worker; the first worker's are the result.
  private let memories: [UnsafeMutableBufferPointer<Float>]
  private let noises: [FloatBuffer]
  /// What the sampler keeps from step to step, for each worker; empty for most samplers.
  private let kept: [FloatBuffer]
  /// Where the network's outputs are predictions and variances side by side, each of them for every
  /// worker; empty where they are predictions alone.
  private let predictions, variances: [FloatBuffer]
  private let width: Int
  private let workers: WorkerPool?
  /// Sees all chunks of all candidates: the first noise, then what each reverse step made of it.
  var observer: ((UnsafeBufferPointer<Float>) -> Void)?
  /// The decisions under way.
  private var keys: UnsafeBufferPointer<DecisionKey>?

  /// Rows that one thread denoises at a time: their activations stay in its cache.
  private static let blockRows = 64
  /// As many rows as a thread needs to be worth its own block.
  private static let fewRows = 4

  /// Takes a denoiser compiled for `capacity` windows and their candidates, twice under guidance.
  init(
    _ program: InferenceProgram, _ denoiser: Denoiser, plan: SamplingPlan,
    sampler: SamplerSpecification, options: DeciderOptions, learnsVariance: Bool = false
  ) throws {
    self.program = program
    self.plan = plan
    capacity = options.capacity
    workers = options.workers
    candidates = sampler.candidates
    density = try KernelDensity(bandwidth: sampler.bandwidth)
    workspace = .allocate(capacity: candidates)
    guidance = sampler.guidance == 0 ? nil : Guidance(weight: sampler.guidance).combination
    dropping = guidance == nil ? nil : denoiser.prediction.inputs.dropping
    observations = program.rows(of: denoiser.prediction.inputs.observation)
    images = program.imageRows(denoiser.prediction.inputs)
    let workers = 0..<(options.workers?.threads ?? 1)
    memories = workers.map { program.rows(of: denoiser.noisyActions, worker: $0) }
    width = memories[0].count / program.capacity.samples
    let count = capacity * candidates * width
    noises = workers.map { _ in FloatBuffer(count: plan.isStochastic ? count : 0) }
    kept = workers.map { _ in FloatBuffer(count: plan.usesMemory ? count : 0) }
    let all = memories[0].count
    predictions = learnsVariance ? workers.map { _ in FloatBuffer(count: all) } : []
    variances = learnsVariance ? workers.map { _ in FloatBuffer(count: all) } : []
  }

  deinit {
    workspace.deallocate()
  }

  /// The noise steps in the order in which they are visited, then clean data, with what x_t is
  /// multiplied by there.
  var stages: [(noiseStep: Int, inputScale: Float)] {
    plan.steps.map { ($0.noiseStep, $0.inputScale) } + [(0, 1)]
  }

  func decide(_ keys: UnsafeBufferPointer<DecisionKey>) -> UnsafeMutableBufferPointer<Float> {
    self.keys = keys
    observe(windows: keys.count)
    if observer != nil {
      denoise(0..<rows, worker: nil)
    } else if let workers {
      workers.run(self)
    } else {
      forEachBlock { denoise($0, worker: nil) }
    }
    self.keys = nil
    if candidates > 1 { keepDensest(windows: keys.count) }
    return UnsafeMutableBufferPointer(rebasing: chunks[..<(keys.count * width)])
  }

  /// The number of rows of the decisions under way.
  private var rows: Int { (keys?.count ?? 0) * candidates }

  private var chunks: UnsafeMutableBufferPointer<Float> { memories[0] }

  func work(_ worker: Worker) {
    guard rows >= Self.fewRows * worker.count else {
      program.takeObservations(worker)
      return denoise(0..<rows, worker: worker)
    }
    let share = (rows + worker.count - 1) / worker.count
    let size = min(Self.blockRows, share)
    worker.forEachTask(queue: 0, of: (rows + size - 1) / size) { block in
      denoise(block * size..<min((block + 1) * size, rows), worker: nil)
    }
  }

  private func forEachBlock(_ body: (Range<Int>) -> Void) {
    for start in stride(from: 0, to: rows, by: Self.blockRows) {
      body(start..<min(start + Self.blockRows, rows))
    }
  }

  /// Turns noise into chunks in some rows; if there is a worker, all do the same together, each in
  /// its own memory.
  private func denoise(_ rows: Range<Int>, worker: Worker?) {
    let index = worker?.index ?? 0
    let x = elements(of: memories[index], rows)
    let (noise, kept) = (noises[index], kept[index])
    start(x, rows)
    // The network reads x and writes the prediction where they are.
    plan.run(
      x, prediction: elements(of: prediction(index), rows),
      noise: noise.count > 0 ? elements(of: noise.elements, rows) : noise.elements,
      memory: kept.count > 0 ? elements(of: kept.elements, rows) : kept.elements,
      variance: variances.isEmpty
        ? .init(start: nil, count: 0) : elements(of: variances[index].elements, rows),
      predict: { x, noiseStep, _ in
        observer?(x)
        predict(rows, noiseStep: noiseStep, worker: worker)
      },
      draw: { index, noise in draw(index + 1, into: noise, rows) })
    observer?(UnsafeBufferPointer(x))
  }

  /// Writes what the reverse process starts from: x_T as the network is shown it.
  private func start(_ x: UnsafeMutableBufferPointer<Float>, _ rows: Range<Int>) {
    guard plan.startScale != 0 else { return x.update(repeating: 0) }
    draw(0, into: x, rows)
    guard plan.startScale != 1 else { return }
    for index in x.indices { x[index] *= plan.startScale }
  }

  private func elements(
    of buffer: UnsafeMutableBufferPointer<Float>, _ rows: Range<Int>
  ) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(
      rebasing: buffer[rows.lowerBound * width..<rows.upperBound * width])
  }

  /// Computes what depends on the observations alone.
  private func observe(windows: Int) {
    guard let dropping else {
      return program.observe(observations: windows, samples: windows * candidates)
    }
    let (kept, dropped) = (program.rows(of: dropping.kept), program.rows(of: dropping.dropped))
    // What stands in the other rows is multiplied by 0, images too.
    let features = kept.count / program.capacity.observations * windows
    for row in 0..<features {
      kept[row] = 1
      kept[features + row] = 0
    }
    for row in 0..<windows {
      dropped[row] = 0
      dropped[windows + row] = 1
    }
    program.observe(observations: 2 * windows, samples: 2 * windows * candidates)
  }

  /// Asks the network, under guidance with and without what is seen.
  private func predict(_ rows: Range<Int>, noiseStep: Int, worker: Worker?) {
    let all = self.rows
    guard let guidance else { return step(noiseStep, rows, of: all, worker) }
    let unseen = all + rows.lowerBound..<all + rows.upperBound
    let memory = memories[worker?.index ?? 0]
    _ = elements(of: memory, unseen).update(fromContentsOf: elements(of: memory, rows))
    step(noiseStep, rows, of: 2 * all, worker)
    step(noiseStep, unseen, of: 2 * all, worker)
    let output = prediction(worker?.index ?? 0)
    let prediction = elements(of: output, rows)
    guidance.apply(
      UnsafeBufferPointer(prediction), UnsafeBufferPointer(elements(of: output, unseen)),
      into: prediction)
  }

  private func step(_ noiseStep: Int, _ rows: Range<Int>, of samples: Int, _ worker: Worker?) {
    let observations = samples / candidates
    if let worker {
      program.step(
        noiseStep: noiseStep - 1, samples: samples, observations: observations, rows: rows,
        with: worker)
    } else {
      program.step(
        noiseStep: noiseStep - 1, samples: samples, observations: observations, rows: rows)
    }
    if !predictions.isEmpty { takeApart(rows, worker: worker?.index ?? 0) }
  }

  /// What the network predicts, in the memory of a worker.
  private func prediction(_ worker: Int) -> UnsafeMutableBufferPointer<Float> {
    predictions.isEmpty ? program.output(worker: worker) : predictions[worker].elements
  }

  /// Separates predictions and variances.
  private func takeApart(_ rows: Range<Int>, worker: Int) {
    let output = program.output(worker: worker)
    for row in rows {
      for j in 0..<width {
        predictions[worker].pointer[row * width + j] = output[2 * row * width + j]
        variances[worker].pointer[row * width + j] = output[(2 * row + 1) * width + j]
      }
    }
  }

  /// Of each window's candidates moves the one in the densest place to the window's row.
  private func keepDensest(windows: Int) {
    for window in 0..<windows {
      let first = window * candidates
      let own = elements(of: chunks, first..<first + candidates)
      let densest =
        first
        + density.densestPoint(of: UnsafeBufferPointer(own), width: width, workspace: workspace)
      for j in 0..<width { chunks[window * width + j] = chunks[densest * width + j] }
    }
  }

  /// Fills rows with noise, each a function of its own decision and candidate alone.
  private func draw(
    _ index: Int, into noise: UnsafeMutableBufferPointer<Float>, _ rows: Range<Int>
  ) {
    guard let keys else { return }
    for row in rows {
      let (window, candidate) = (row / candidates, row % candidates)
      let start = (row - rows.lowerBound) * width
      fillNormals(
        UnsafeMutableBufferPointer(rebasing: noise[start..<start + width]),
        seed: keys[window].seed, purpose: .sampling,
        step: UInt32(truncatingIfNeeded: keys[window].step),
        index: UInt32(candidate * (plan.steps.count + 1) + index))
    }
  }
}
