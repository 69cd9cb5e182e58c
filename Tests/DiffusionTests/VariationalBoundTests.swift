import Diffusion
import Foundation
import Naming
import PolicyRuntime
import TestSupport
import Testing

/// Learned variances and the bound against `learned_variance.json`.
@Suite struct VariationalBoundTests {
  struct Term: Decodable {
    let t: Int
    let x_t: NestedNumbers
    let predicted_epsilon: NestedNumbers
    let u: NestedNumbers
    let small: Double
    let large: Double
    let variance: NestedNumbers
    let nats_per_value: NestedNumbers
    let gradient_of_mean_by_u: NestedNumbers
  }

  struct Bound: Decodable {
    let process: String
    let steps: Int
    let variance: String
    let L_T: Double
    let L_from_T_down_to_2: [Double]
    let L_0: Double
    let total_nats: Double
    let entropy_nats: Double
  }

  struct References: Decodable {
    let x_0: NestedNumbers
    let terms: [Term]
    let prior_term_nats_per_value_mean_of_row: [Double]
    let data_mean: Double
    let data_deviation: Double
    let bounds: [Bound]
  }

  private func process(_ name: String, _ steps: Int) throws -> NoiseProcess {
    try NoiseProcess(
      .init(kind: .init(named: name == "vp-cosine" ? "vp" : name)),
      schedule: .init(kind: .cosine, steps: steps))
  }

  @Test func `terms, variances and gradients are improved-diffusion's`() throws {
    let references: References = try fixture("learned_variance", in: .module)
    let process = try process("vp-cosine", 50)
    let bound = VariationalBound(process)
    #expect(references.terms.map(\.t) == [1, 2, 3, 10, 30, 49, 50])
    for term in references.terms {
      let range = VarianceRange(from: term.t, to: term.t - 1, in: process)
      expectClose([range.small, range.large], [term.small, term.large], relative: 1e-6)
      let logs = term.u.values.map { range.logVariance($0) }
      expectClose(logs.map { exp($0) }, term.variance.values, relative: 1e-6, "Σ at \(term.t)")
      let clean = process.conversion(from: .epsilon, to: .sample, at: term.t)
      let errors = term.x_t.values.indices.map {
        references.x_0.values[$0] - clean(term.x_t.values[$0], term.predicted_epsilon.values[$0])
      }
      let nats = zip(errors, logs).map {
        bound.term(at: term.t, squaredError: $0 * $0, logVariance: $1)
      }
      expectClose(
        nats, term.nats_per_value.values, relative: 1e-6, absolute: 1e-6, "term at \(term.t)")
      let slopes = zip(errors, logs).map {
        bound.slope(at: term.t, squaredError: $0 * $0, logVariance: $1)
          * (log(range.large) - log(range.small)) / Double(errors.count)
      }
      expectClose(
        slopes, term.gradient_of_mean_by_u.values, relative: 1e-6, absolute: 1e-6,
        "gradient at \(term.t)")
    }
    let prior = references.x_0.values.map { bound.priorTerm($0) }
    expectClose(
      [0, 3].map { prior[$0..<$0 + 3].reduce(0, +) / 3 },
      references.prior_term_nats_per_value_mean_of_row, relative: 1e-6, absolute: 1e-12)
  }

  @Test func `the bound of normal data is its closed form, and tight with the best variance`()
    throws
  {
    let references: References = try fixture("learned_variance", in: .module)
    let (mean, deviation) = (references.data_mean, references.data_deviation)
    #expect(references.bounds.count == 32)
    for entry in references.bounds {
      let process = try process(entry.process, entry.steps)
      let bound = VariationalBound(process)
      let what = "\(entry.process) \(entry.steps) \(entry.variance)"
      // The mean of x_0² stands in for x_0², since the term is linear in it.
      let prior = bound.priorTerm((mean * mean + deviation * deviation).squareRoot())
      expectClose(prior, entry.L_T, relative: 1e-6, absolute: 1e-9, what)
      let terms = stride(from: entry.steps, through: 1, by: -1).map { t in
        let level = process.level(t)
        let rest =
          pow(deviation * level.noise, 2)
          / (pow(level.signal * deviation, 2) + pow(level.noise, 2))
        let range = VarianceRange(from: t, to: t - 1, in: process)
        let best = bound.bestVariance(at: t)
        let logVariance =
          switch entry.variance {
          case "small": range.logVariance(0)
          case "large": range.logVariance(1)
          case "half": range.logVariance(0.5)
          default: log(best.posterior + best.share * rest)
          }
        return bound.term(at: t, squaredError: rest, logVariance: logVariance)
      }
      expectClose(
        terms, entry.L_from_T_down_to_2 + [entry.L_0], relative: 1e-6, absolute: 1e-9, what)
      let total = prior + terms.reduce(0, +)
      expectClose(total, entry.total_nats, relative: 1e-6, what)
      if entry.variance == "exact" {
        // Entropy plus what is left of the data at t = T.
        let start = process.startDeviation(entry.steps)
        let level = process.level(entry.steps)
        let marginal = pow(level.signal * deviation, 2) + level.noisePower
        let leftover =
          ((marginal + pow(level.signal * mean, 2)) / (start * start) - 1
            - log(marginal / (start * start))) / 2
        expectClose(total, entry.entropy_nats + leftover, absolute: 1e-9, what)
      }
    }
  }

  @Test func `a network that answers r draws with the variance it says`() throws {
    let process = try process("vp-cosine", 20)
    let plan = try SamplerSpecification(kind: .ddpm, ddpmVariance: .learned)
      .plan(for: process, prediction: .epsilon)
    #expect(plan.needsVariance && plan.steps.last?.coefficients.learnedNoise == nil)
    let range = VarianceRange(from: 12, to: 11, in: process)
    let step = plan.steps[8]
    #expect(step.noiseStep == 12)
    var x: [Float] = [0, 0, 0]
    let answers: [Float] = [-1, 0, 1]
    x.withUnsafeMutableBufferPointer { x in
      [Float](repeating: 0, count: 3).withUnsafeBufferPointer { zero in
        [Float](repeating: 1, count: 3).withUnsafeBufferPointer { one in
          answers.withUnsafeBufferPointer {
            step.coefficients.apply(to: x, prediction: zero, noise: one, variance: $0)
          }
        }
      }
    }
    expectClose(
      x,
      [range.small.squareRoot(), pow(range.small * range.large, 0.25), range.large.squareRoot()],
      relative: 1e-5)
  }
}
