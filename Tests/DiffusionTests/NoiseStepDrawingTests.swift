import Diffusion
import Foundation
import Naming
import TestSupport
import Testing

/// Drawing of noise steps against `importance.json`: tables of scipy, draws by inversion.
@Suite struct NoiseStepDrawingTests {
  struct Table: Decodable {
    let table: String
    let steps: Int
    let mean: Double?
    let deviation: Double?
    let sigma: [Double]?
    let alpha: Double?
    let beta: Double?
    let p: [Double]
    let loss_weight: [Double]
    let gradient_factor: [Double]
    let losses: [Double]
    let weighted_mean_loss: Double
    let mean_loss_under_p: Double
    let expected_estimate: Double
    let draws: [Int]
  }

  struct References: Decodable {
    let uniforms: [Double]
    let tables: [Table]
  }

  /// Our table of an entry; nil for the readings that are not ours (densities at the levels).
  private func table(_ entry: Table) throws -> NoiseStepTable? {
    let schedule = NoiseSchedule.Specification(steps: entry.steps)
    if entry.table == "importance" {
      return try NoiseStepDrawing(.importance)
        .table(of: NoiseProcess(.init(), schedule: schedule), weights: entry.loss_weight)
    }
    guard entry.table.contains("mass") else { return nil }
    if let sigma = entry.sigma {
      return try NoiseStepDrawing(
        .logNormal, mean: entry.mean ?? 0, deviation: entry.deviation ?? 0
      )
      .table(
        of: NoiseProcess(.init(kind: .karras, sigmaMax: sigma.last), schedule: schedule),
        weights: entry.loss_weight)
    }
    return try NoiseStepDrawing(.beta, alpha: entry.alpha ?? 0, beta: entry.beta ?? 0)
      .table(of: NoiseProcess(.init(kind: .flow), schedule: schedule), weights: entry.loss_weight)
  }

  @Test func `tables, draws and factors are the references'`() throws {
    let references: References = try fixture("importance", in: .module)
    var consumed: [String: Int] = [:]
    for entry in references.tables {
      guard let table = try table(entry) else { continue }
      expectClose(table.probabilities, entry.p, relative: 1e-6, absolute: 1e-9, entry.table)
      #expect(references.uniforms.map { table.noiseStep(at: $0) } == entry.draws)
      let estimate = zip(zip(table.probabilities, table.factors), entry.losses)
        .reduce(0) { $0 + $1.0.0 * $1.0.1 * $1.1 }
      if entry.table == "importance" {
        expectClose(table.factors, entry.gradient_factor, relative: 1e-6)
        expectClose(estimate, entry.weighted_mean_loss, relative: 1e-6)
      } else {
        // Emphasis: nothing is divided out.
        expectClose(table.factors, entry.loss_weight, relative: 1e-6)
        expectClose(estimate, entry.mean_loss_under_p, relative: 1e-6)
      }
      consumed[String(entry.table.prefix(4)), default: 0] += 1
    }
    #expect(consumed == ["impo": 4, "log-": 2, "beta": 4])
  }

  @Test func `log-normal is not for flow, and shapes have their ranges`() throws {
    let flow = try NoiseProcess(.init(kind: .flow), schedule: .init(steps: 4))
    let weights = [1.0, 1, 1, 1]
    #expect(
      message { _ = try NoiseStepDrawing(.logNormal).table(of: flow, weights: weights) }
        == "the drawing of noise steps 'log-normal' does not go with process 'flow'; what does: "
        + "uniform, importance, beta")
    for drawing in [NoiseStepDrawing(.beta, alpha: 0), NoiseStepDrawing(.beta, beta: .nan)] {
      #expect(throws: DiffusionError.self) { try drawing.table(of: flow, weights: weights) }
    }
  }

  @Test func `every step of a uniform table has the same share of the numbers`() throws {
    let flow = try NoiseProcess(.init(kind: .flow), schedule: .init(steps: 4))
    let table = try NoiseStepDrawing().table(of: flow, weights: [1, 2, 3, 4])
    #expect([0, 0.2499, 0.25, 0.6, 0.75, 0.999999].map(table.noiseStep) == [1, 1, 2, 3, 4, 4])
    #expect(table.factors == [1, 2, 3, 4])
  }
}
