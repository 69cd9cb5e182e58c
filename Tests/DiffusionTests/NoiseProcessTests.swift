import Diffusion
import Foundation
import Naming
import PolicyRuntime
import TestSupport
import Testing

/// Levels, input scales, predictions and conversions against `process_levels.json`.
@Suite struct NoiseProcessTests {
  struct Conversion: Decodable {
    let t: Int
    let prediction: String
    let x_t: [Double]
    let output: [Double]
    let clean_from_state_and_output: [Double]?
    let noise_from_state_and_output: [Double]?
  }

  struct Process: Decodable {
    let process: String
    let steps: Int
    let sigma_min: Double?
    let sigma_max: Double?
    let a: [Double]
    let b: [Double]
    let input_scale_spread_half: [Double]
    let input_scale_variance_third: [Double]
    let target_weights: [String: [[Double]]]
    let conversions: [Conversion]
  }

  struct References: Decodable {
    struct Karras: Decodable {
      let sigma: [Double]
      let c_skip: [Double]
      let c_out: [Double]
      let c_in: [Double]
    }

    let x_0: [Double]
    let epsilon: [Double]
    let spread: Double
    let processes: [Process]
    let karras_preconditioning: Karras
  }

  static let references = Result { try fixture("process_levels", as: References.self, in: .module) }

  private func process(_ entry: Process, deviation: Double) throws -> NoiseProcess {
    let kind = try NoiseProcess.Kind(named: entry.process == "vp-cosine" ? "vp" : entry.process)
    return try NoiseProcess(
      .init(kind: kind, sigmaMin: entry.sigma_min, sigmaMax: entry.sigma_max),
      schedule: .init(kind: .cosine, steps: entry.steps), dataDeviation: deviation)
  }

  private func prediction(_ name: String) throws -> PredictionType {
    try PredictionType(named: name == "flow_velocity" ? "flow-velocity" : name)
  }

  @Test func `levels, scales and targets are the references'`() throws {
    let references = try Self.references.get()
    #expect(references.processes.count == 5)
    for entry in references.processes {
      let process = try process(entry, deviation: references.spread)
      let noisy = process.levels.dropFirst()
      #expect(process.level(0) == .clean && process.steps == entry.steps)
      expectClose(noisy.map(\.signal), entry.a, relative: 1e-6, "a of \(entry.process)")
      expectClose(noisy.map(\.noise), entry.b, relative: 1e-6, "b of \(entry.process)")
      let isVP = process.kind == .vp
      for (deviation, expected) in [
        (references.spread, entry.input_scale_spread_half),
        (NoiseLevel.uniformDeviation, entry.input_scale_variance_third),
      ] {
        let process = try self.process(entry, deviation: deviation)
        let formula = noisy.map { $0.unitScale(dataDeviation: deviation) }
        expectClose(formula, expected, relative: 1e-6, "scale of \(entry.process)")
        expectClose(
          (1...entry.steps).map(process.inputScale), isVP ? formula.map { _ in 1 } : expected,
          relative: 1e-6)
      }
      #expect(entry.target_weights.count == PredictionType.allCases.count)
      for (name, expected) in entry.target_weights {
        let type = try prediction(name)
        let found = (1...entry.steps).map { process.target(type, at: $0) }
        expectClose(
          found.flatMap { [$0.first, $0.second] }, expected.flatMap { $0 }, relative: 1e-6,
          absolute: 1e-9, "\(name) of \(entry.process)")
      }
    }
  }

  @Test func `conversions are the references', and what they cannot tell is refused`() throws {
    let references = try Self.references.get()
    for entry in references.processes {
      let process = try process(entry, deviation: references.spread)
      for row in entry.conversions {
        let type = try prediction(row.prediction)
        guard let clean = row.clean_from_state_and_output,
          let noise = row.noise_from_state_and_output
        else {
          #expect(throws: DiffusionError.self) { try process.check(type) }
          continue
        }
        for (wanted, weights, values) in [
          (PredictionType.sample, clean, references.x_0), (.epsilon, noise, references.epsilon),
        ] {
          let found = process.conversion(from: type, to: wanted, at: row.t)
          let what = "\(row.prediction) → \(wanted) of \(entry.process) at \(row.t)"
          expectClose(
            [found.first, found.second], weights, relative: 1e-6, absolute: 1e-9, what)
          // What the file rounded to nine digits comes back as far as the weights magnify that.
          let size = max(abs(found.first), abs(found.second))
          expectClose(
            zip(row.x_t, row.output).map { found($0, $1) }, values,
            absolute: 1e-8 * max(size * (row.output.map(abs).max() ?? 1), 1), what)
        }
      }
    }
  }

  @Test func `the preconditioning is Karras'`() throws {
    let references = try Self.references.get()
    let expected = references.karras_preconditioning
    let clean = expected.sigma.map { sigma in
      NoiseLevel(signal: 1, noise: sigma)
        .conversion(from: .preconditioned, to: .sample, dataDeviation: references.spread)
    }
    expectClose(clean.map(\.first), expected.c_skip, relative: 1e-6)
    expectClose(clean.map(\.second), expected.c_out, relative: 1e-6)
    expectClose(
      expected.sigma.map {
        NoiseLevel(signal: 1, noise: $0).unitScale(dataDeviation: references.spread)
      }, expected.c_in, relative: 1e-6)
  }

  @Test(arguments: NamedProcess.all)
  func `the posterior is what Bayes' rule says`(process: NamedProcess) throws {
    let process = try process(40)
    for (t, s) in [(40, 39), (40, 3), (20, 19), (20, 1), (2, 1)] {
      let (here, there) = (process.level(t), process.level(s))
      // Two normal opinions about x_s: from x_0, and from x_t = α·x_s + √v·z.
      let alpha = here.signal / there.signal
      let added = here.noise * here.noise - alpha * alpha * there.noise * there.noise
      let variance = 1 / (1 / (there.noise * there.noise) + alpha * alpha / added)
      expectClose(process.addedVariance(from: s, to: t), added, relative: 1e-9, "\(t) → \(s)")
      expectClose(process.posteriorVariance(from: t, to: s), variance, relative: 1e-9)
      let mean = process.posteriorMean(from: t, to: s)
      expectClose(
        [mean.first, mean.second],
        [variance * there.signal / (there.noise * there.noise), variance * alpha / added],
        relative: 1e-9, absolute: 1e-12)
    }
    #expect(process.posteriorVariance(from: 5, to: 0) == 0)
    let clean = process.posteriorMean(from: 5, to: 0)
    expectClose([clean.first, clean.second], [1, 0], absolute: 1e-12)
  }

  @Test func `impossible processes are refused`() {
    for specification in [
      NoiseProcess.Specification(kind: .ve, sigmaMin: 0), .init(kind: .ve, sigmaMin: 11),
      .init(kind: .karras, sigmaMax: 1e-4), .init(kind: .karras, rho: 0.5),
      .init(kind: .karras, sigmaMax: .nan),
    ] {
      #expect(throws: DiffusionError.self) {
        try NoiseProcess(specification, schedule: .init(steps: 10))
      }
    }
    #expect(throws: DiffusionError.self) {
      try NoiseProcess(.init(kind: .flow), schedule: .init(steps: 0))
    }
    #expect(throws: DiffusionError.self) {
      try NoiseProcess(.init(kind: .flow), schedule: .init(steps: 5), dataDeviation: 0)
    }
  }

  @Test func `what does not go together is told with what does`() throws {
    let flow = try NoiseProcess(.init(kind: .flow), schedule: .init(steps: 10))
    #expect(
      message { _ = try SamplerSpecification().plan(for: flow, prediction: .epsilon) }
        == "the prediction 'epsilon' does not go with process 'flow'; what does: sample, velocity, "
        + "flow-velocity, preconditioned")
    #expect(
      message {
        _ = try SamplerSpecification(kind: .langevin).plan(for: flow, prediction: .sample)
      }
        == "the sampler 'langevin' does not go with process 'flow'; what does: ddpm, ddim, dpm++, "
        + "heun, euler")
    for specification in [
      SamplerSpecification(kind: .ddpm, start: .zero),
      SamplerSpecification(kind: .ddim, eta: 0.5, start: .zero),
      SamplerSpecification(kind: .heun, start: .zero, candidates: 2),
    ] {
      #expect(
        message { _ = try specification.plan(for: flow, prediction: .sample) }
          .hasPrefix("sampling that starts from zero"))
    }
    let over = SamplerSpecification(kind: .ddim, ddimVariance: .simple, eta: 0.5)
    #expect(over.warning != nil)
    #expect(throws: DiffusionError.self) { try over.checkChosenAnew() }
    // An old configuration still acts.
    _ = try over.plan(for: flow, prediction: .sample)
    #expect(SamplerSpecification(kind: .ddim, ddimVariance: .simple, eta: 1).warning == nil)
  }

  @Test func `a sampler is read from what it was written as before`() throws {
    let old = """
      {"kind": "ddim", "times": {"count": 7, "spacing": "trailing", "extraSteps": 2},
      "ddpmVariance": "large", "ddimVariance": "simple", "eta": 0.5, "clip": 1, "guidance": 0.1,
      "candidates": 3, "bandwidth": 0.4}
      """
    let expected = SamplerSpecification(
      kind: .ddim, noiseSteps: .init(count: 7, spacing: .trailing, extraSteps: 2),
      ddpmVariance: .large, ddimVariance: .simple, eta: 0.5, clip: 1, guidance: 0.1, candidates: 3,
      bandwidth: 0.4)
    #expect(
      try JSONDecoder().decode(SamplerSpecification.self, from: Data(old.utf8)) == expected)
    var changed = expected
    changed.start = .zero
    changed.langevin = .init(repeats: 2, step: 1, denoises: false)
    changed.clip = nil
    let written = try JSONEncoder().encode(changed)
    #expect(try JSONDecoder().decode(SamplerSpecification.self, from: written) == changed)
  }
}
