internal import Diffusion
internal import Neural
internal import Randomness

/// Draws chunks by running the reverse process on all windows at once.
///
/// Rows are ordered window by window, the candidates of a window side by side. Under guidance the
/// same rows follow once more, with nothing seen.
final class DiffusionDecider: Decider {
  let capacity: Int
  let observations: UnsafeMutableBufferPointer<Float>
  let images: [UnsafeMutableBufferPointer<Float>]
  private let program: InferenceProgram
  private let plan: SamplingPlan
  private let candidates: Int
  private let density: KernelDensity
  private let workspace: UnsafeMutableBufferPointer<Double>
  private let guidance: LinearCombination?
  private let chunks: UnsafeMutableBufferPointer<Float>
  private let noise: FloatBuffer
  private let width: Int
  /// Sees all chunks of all candidates: the first noise, then what each reverse step made of it.
  var observer: ((UnsafeBufferPointer<Float>) -> Void)?

  /// The noise steps in the order in which they are visited.
  var times: [Int] { plan.steps.map(\.time) }

  /// Takes a denoiser compiled for `capacity` windows and their candidates, twice under guidance.
  init(
    _ program: InferenceProgram, _ shape: PolicyShape, plan: SamplingPlan,
    sampler: SamplerSpecification, capacity: Int
  ) throws {
    self.program = program
    self.plan = plan
    self.capacity = capacity
    candidates = sampler.candidates
    density = try KernelDensity(bandwidth: sampler.bandwidth)
    workspace = .allocate(capacity: candidates)
    guidance = sampler.guidance == 0 ? nil : Guidance(weight: sampler.guidance).combination
    observations = program.rows("observation")
    images = program.imageRows(shape)
    chunks = program.rows("noisyActions")
    width = chunks.count / program.capacity.samples
    noise = FloatBuffer(count: plan.isStochastic ? capacity * candidates * width : 0)
  }

  deinit {
    workspace.deallocate()
  }

  func decide(_ keys: [DecisionKey]) -> UnsafeMutableBufferPointer<Float> {
    let count = keys.count * candidates * width
    let x = UnsafeMutableBufferPointer(rebasing: chunks[..<count])
    let prediction = UnsafeMutableBufferPointer(rebasing: program.output[..<count])
    let noise = UnsafeMutableBufferPointer(
      start: noise.pointer, count: min(noise.count, count))
    draw(0, keys, into: x)
    observe(windows: keys.count)
    // The network reads x and writes the prediction where they are.
    plan.run(
      x, prediction: prediction, noise: noise,
      predict: { x, time, prediction in
        observer?(x)
        predict(x, time: time, into: prediction, windows: keys.count)
      },
      draw: { index, noise in draw(index + 1, keys, into: noise) })
    observer?(UnsafeBufferPointer(x))
    if candidates > 1 { keepDensest(x, windows: keys.count) }
    return UnsafeMutableBufferPointer(rebasing: x[..<(keys.count * width)])
  }

  /// Computes what depends on the observations alone.
  private func observe(windows: Int) {
    guard guidance != nil else {
      return program.observe(observations: windows, samples: windows * candidates)
    }
    let (kept, dropped) = (program.rows("kept"), program.rows("dropped"))
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
  private func predict(
    _ x: UnsafeBufferPointer<Float>, time: Int, into prediction: UnsafeMutableBufferPointer<Float>,
    windows: Int
  ) {
    let samples = windows * candidates
    guard let guidance else {
      return program.step(time: time - 1, samples: samples, observations: windows)
    }
    let unseen = x.count..<2 * x.count
    _ = UnsafeMutableBufferPointer(rebasing: chunks[unseen]).update(fromContentsOf: x)
    program.step(time: time - 1, samples: 2 * samples, observations: 2 * windows)
    guidance.apply(
      UnsafeBufferPointer(prediction),
      UnsafeBufferPointer(UnsafeMutableBufferPointer(rebasing: program.output[unseen])),
      into: prediction)
  }

  /// Of each window's candidates moves the one in the densest place to the window's row.
  private func keepDensest(_ x: UnsafeMutableBufferPointer<Float>, windows: Int) {
    for window in 0..<windows {
      let first = window * candidates * width
      let own = UnsafeMutableBufferPointer(rebasing: x[first..<first + candidates * width])
      let densest =
        first
        + density.densestPoint(
          of: UnsafeBufferPointer(own), width: width, workspace: workspace) * width
      for j in 0..<width { x[window * width + j] = x[densest + j] }
    }
  }

  /// Fills rows with noise, each a function of its own decision and candidate alone.
  private func draw(
    _ index: Int, _ keys: [DecisionKey], into rows: UnsafeMutableBufferPointer<Float>
  ) {
    for (window, key) in keys.enumerated() {
      for candidate in 0..<candidates {
        let start = (window * candidates + candidate) * width
        fillNormals(
          UnsafeMutableBufferPointer(rebasing: rows[start..<start + width]), seed: key.seed,
          purpose: .sampling, step: UInt32(truncatingIfNeeded: key.step),
          index: UInt32(candidate * (plan.steps.count + 1) + index))
      }
    }
  }
}
