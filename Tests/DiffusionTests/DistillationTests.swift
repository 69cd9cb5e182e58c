import Diffusion
import Foundation
import TestSupport
import Testing

/// Progressive distillation against `distillation.json`: the teacher's steps are diffusers'.
@Suite struct DistillationTests {
  struct Case: Decodable {
    let process: String
    let t: Int
    let t_middle: Int
    let t_end: Int
    let x_t: NestedNumbers
    let teacher_outputs: NestedNumbers
    let x_middle: NestedNumbers
    let x_end: NestedNumbers
    let target_x0: NestedNumbers
    let target_velocity: NestedNumbers
    let weight: Double
    let student_output: NestedNumbers
    let student_x0: NestedNumbers
    let loss: Double
  }

  struct References: Decodable {
    let cases: [Case]
  }

  @Test func `teacher's steps, targets and weights are the references'`() throws {
    let references: References = try fixture("distillation", in: .module)
    #expect(references.cases.count == 7)
    for entry in references.cases {
      let isFlow = entry.process == "flow"
      let process = try NoiseProcess(
        .init(kind: isFlow ? .flow : .vp),
        schedule: .init(kind: .cosine, steps: isFlow ? 10 : 50))
      let distillation = try Distillation(process, steps: 1)
      let type = isFlow ? PredictionType.flowVelocity : .velocity
      let what = "\(entry.process) from \(entry.t)"
      // The network is shown c_in·x, and the state is kept so.
      func scale(_ t: Int) -> Double { t == 0 ? 1 : process.inputScale(t) }
      func scaled(_ x: NestedNumbers, _ t: Int) -> [Float] { x.values.map { Float($0 * scale(t)) } }
      let outputs = entry.teacher_outputs.floats
      let half = outputs.count / 2
      for (from, to, start, output, end) in [
        (entry.t, entry.t_middle, entry.x_t, outputs[..<half], entry.x_middle),
        (entry.t_middle, entry.t_end, entry.x_middle, outputs[half...], entry.x_end),
      ] {
        let step = distillation.teacherStep(from: from, to: to, prediction: type)
        expectClose(
          step(scaled(start, from), prediction: Array(output), noise: []),
          scaled(end, to).map(Double.init), absolute: 2e-6, "\(what): \(from) → \(to)")
      }
      let pairs = zip(entry.x_t.values, entry.x_end.values)
      let clean = distillation.cleanTarget(from: entry.t, to: entry.t_end)
      expectClose(
        pairs.map { clean($0, $1) }, entry.target_x0.values, relative: 1e-6, absolute: 2e-7, what)
      let target = distillation.target(type, from: entry.t, to: entry.t_end)
      let targets = pairs.map { target($0, $1) }
      expectClose(targets, entry.target_velocity.values, relative: 1e-6, absolute: 2e-7, what)
      let weighting = LossWeighting(.truncatedSNR)
      expectClose(
        weighting.weight(at: entry.t, in: process, for: .sample), entry.weight, relative: 1e-6)
      let loss = zip(targets, entry.student_output.values).reduce(0) { $0 + pow($1.0 - $1.1, 2) }
      expectClose(
        weighting.weight(at: entry.t, in: process, for: type) * loss / Double(targets.count),
        entry.loss, relative: 1e-6, what)
    }
  }

  @Test func `a student's steps halve its teacher's`() throws {
    let process = try NoiseProcess(.init(), schedule: .init(steps: 48))
    let legs = try Distillation(process, steps: 8).legs
    #expect(legs.map(\.t) == [48, 42, 36, 30, 24, 18, 12, 6])
    #expect(legs.map(\.middle) == [45, 39, 33, 27, 21, 15, 9, 3])
    #expect(legs.map(\.end) == [42, 36, 30, 24, 18, 12, 6, 0])
    #expect(throws: DiffusionError.self) { try Distillation(process, steps: 25) }
    #expect(throws: DiffusionError.self) { try Distillation(process, steps: 0) }
  }
}
