import Diffusion
import PolicyRuntime
import TestSupport
import Testing

@Suite struct SamplingPlanTests {
  @Test func `all steps are visited when no number is given`() throws {
    #expect(try NoiseStepSelection().list(of: 5) == [5, 4, 3, 2, 1])
  }

  @Test func `the spacings are as documented`() throws {
    #expect(
      try NoiseStepSelection(count: 10, spacing: .leading).list(of: 100)
        == [91, 81, 71, 61, 51, 41, 31, 21, 11, 1])
    #expect(
      try NoiseStepSelection(count: 10, spacing: .trailing).list(of: 100)
        == [100, 90, 80, 70, 60, 50, 40, 30, 20, 10])
    #expect(try NoiseStepSelection(count: 4, spacing: .even).list(of: 100) == [100, 67, 34, 1])
    #expect(try NoiseStepSelection(count: 1, spacing: .even).list(of: 100) == [100])
    #expect(try NoiseStepSelection(count: 3, spacing: .trailing).list(of: 50) == [50, 33, 17])
  }

  @Test(arguments: NoiseStepSelection.Spacing.allCases)
  func `every number of steps gives a strictly decreasing list within the schedule`(
    spacing: NoiseStepSelection.Spacing
  ) throws {
    for total in [1, 2, 7, 50] {
      for count in 1...total {
        let times = try NoiseStepSelection(count: count, spacing: spacing).list(of: total)
        #expect(times.count == count)
        #expect(times.allSatisfy { (1...total).contains($0) })
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 > $1 })
        if spacing != .leading { #expect(times.first == total) }
        if spacing != .trailing, count > 1 || spacing == .leading { #expect(times.last == 1) }
        if count == total { #expect(times == Array((1...total).reversed())) }
      }
    }
  }

  @Test func `each step leads to the next that is visited`() throws {
    let schedule = try NoiseSchedule(.init(kind: .cosine, steps: 50))
    let sampler = DDIMSampler(eta: 0.5)
    let plan = try SamplerSpecification(
      kind: .ddim, noiseSteps: .init(count: 3, spacing: .trailing), eta: 0.5
    ).plan(for: NoiseProcess(schedule), prediction: .velocity)
    #expect(plan.steps.map(\.noiseStep) == [50, 33, 17])
    for (step, next) in zip(plan.steps, [33, 17, 0]) {
      #expect(
        step.coefficients
          == sampler.numbers(
            from: step.noiseStep, to: next, in: schedule, prediction: .velocity))
    }
  }

  @Test func `Diffusion-X repeats the last step without noise`() throws {
    let schedule = try NoiseSchedule(.init(kind: .linear, steps: 10))
    let plan = try SamplerSpecification(
      kind: .ddpm, noiseSteps: .init(extraSteps: 3), ddpmVariance: .large
    ).plan(for: NoiseProcess(schedule), prediction: .epsilon)
    #expect(plan.steps.map(\.noiseStep) == [10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1, 1, 1])
    // Pearce et al.'s step at t = 1: (x − β/√(1−ᾱ)·ε)/√α, and 1−ᾱ₁ = β₁.
    let beta = schedule.beta(1)
    for step in plan.steps.suffix(4) {
      #expect(step.coefficients.noise == 0)
      expectClose(
        [step.coefficients.state, step.coefficients.prediction],
        [1 / (1 - beta).squareRoot(), -(beta / (1 - beta)).squareRoot()], relative: 1e-6)
    }
    #expect(plan.steps.dropLast(4).allSatisfy { $0.coefficients.noise > 0 })
  }

  @Test(
    arguments: SamplerSpecification.Kind.allCases.filter { $0.fits(.vp) }, PredictionType.allCases)
  func `the last step is without noise and lands on the predicted clean sample`(
    kind: SamplerSpecification.Kind, prediction: PredictionType
  ) throws {
    let schedule = try NoiseSchedule(.init(kind: .cosine, steps: 50))
    let plan = try SamplerSpecification(
      kind: kind, noiseSteps: .init(count: 5), ddpmVariance: .large, ddimVariance: .simple, eta: 1
    ).plan(for: NoiseProcess(schedule), prediction: prediction)
    let last = try #require(plan.steps.last)
    let clean = schedule.level(last.noiseStep).conversion(from: prediction, to: .sample)
    expectClose(
      [last.coefficients.state, last.coefficients.prediction, last.coefficients.noise],
      [clean.first, clean.second, 0], relative: 1e-5, absolute: 1e-6)
  }

  @Test func `noise is drawn only where it is needed`() throws {
    let schedule = try NoiseSchedule(.init(kind: .cosine, steps: 6))
    for (specification, expected) in [
      (SamplerSpecification(kind: .ddpm, noiseSteps: .init(extraSteps: 2)), [0, 1, 2, 3, 4]),
      (SamplerSpecification(kind: .ddim), []),
    ] {
      let plan = try specification.plan(for: NoiseProcess(schedule), prediction: .epsilon)
      var drawn: [Int] = []
      var asked: [Int] = []
      var x: [Float] = [1, 2]
      var prediction: [Float] = [0, 0]
      var noise: [Float] = plan.isStochastic ? [0, 0] : []
      x.withUnsafeMutableBufferPointer { x in
        prediction.withUnsafeMutableBufferPointer { prediction in
          noise.withUnsafeMutableBufferPointer { noise in
            plan.run(x, prediction: prediction, noise: noise) { _, time, result in
              asked.append(time)
              result.update(repeating: 0)
            } draw: { step, noise in
              drawn.append(step)
              noise.update(repeating: 0)
            }
          }
        }
      }
      #expect(drawn == expected)
      #expect(asked == plan.steps.map(\.noiseStep))
      // With ε = 0 and no noise every step only divides by √α.
      let scale = 1 / schedule.alphaBar(6).squareRoot()
      if !plan.isStochastic { expectClose(x, [scale, 2 * scale], relative: 1e-4) }
    }
  }

  @Test func `options outside their range are refused`() throws {
    let schedule = try NoiseSchedule(.init(kind: .linear, steps: 10))
    for specification in [
      SamplerSpecification(noiseSteps: .init(count: 0)),
      SamplerSpecification(noiseSteps: .init(count: 11)),
      SamplerSpecification(noiseSteps: .init(extraSteps: -1)),
      SamplerSpecification(kind: .ddim, eta: 1.1), SamplerSpecification(kind: .ddim, eta: -0.1),
      SamplerSpecification(kind: .ddim, eta: .nan), SamplerSpecification(clip: 0),
      SamplerSpecification(clip: -1),
    ] {
      #expect(throws: DiffusionError.self) {
        try specification.plan(for: NoiseProcess(schedule), prediction: .epsilon)
      }
    }
    #expect {
      try NoiseStepSelection(count: 11).list(of: 10)
    } throws: { error in
      "\(error)" == "the number of sampling steps is 11, but must lie in 1…10"
    }
  }
}
