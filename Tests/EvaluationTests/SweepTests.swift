import Demonstrations
import Diffusion
import Evaluation
import Foundation
import Imitation
import Synchronization
import Testing

extension BenchmarkResults {
  /// The rows without what a clock decides.
  fileprivate var reproducible: [BenchmarkRow] {
    rows.map { row in
      var row = row
      row.metrics["decision_milliseconds"] = nil
      return row
    }
  }
}

@Suite struct SweepTests {
  @Test func `cells side by side give what cells one after another give`() throws {
    let rows = try [(1, 1), (2, 2), (3, 8), (8, 1)].map { jobs, threads in
      try withTemporaryFolder { folder in
        var benchmark = try walkBenchmark()
        benchmark.configuration.seeds = 3
        (benchmark.jobs, benchmark.threads) = (jobs, threads)
        return try benchmark.run(trainer: FakeTrainer(), output: folder).reproducible
      }
    }
    #expect(rows[0].count == 3)
    for other in rows.dropFirst() { #expect(other == rows[0]) }
  }

  @Test func `sweeps are crossed, and cells that share a training wait for it`() throws {
    try withTemporaryFolder { folder in
      var benchmark = try walkBenchmark()
      (benchmark.jobs, benchmark.threads) = (4, 4)
      benchmark.configuration.sweep = [
        Sweep("sampling.steps", values: [.integer(1), .number(2.0), .number(2.5)]),
        Sweep("width", values: [.text("a b"), .text("c")]),
      ]
      let trainer = FakeTrainer()
      let results = try benchmark.run(trainer: trainer, output: folder)
      #expect(trainer.overlapCount == 0)
      let names = try Set(trainer.trainedCells.map { try trainer.trainingName(of: $0) })
      #expect(trainer.trainedCells.count == 6 * 2 + 2)
      #expect(names.count == 2 * 2 + 2, "two widths and two seeds; idle ones have no width")
      #expect(
        results.rows.map(\.method) == Array(repeating: "good", count: 6) + [
          "idle", "demonstrations",
        ])
      #expect(
        results.rows[2].variant.values == ["sampling.steps": .integer(2), "width": .text("a b")])
      #expect(results.rows[6].variant.isEmpty)
      for file in [
        "walk-sweep-sampling.steps.png", "walk-sweep-width.png",
        "walk-sweep-sampling.steps-milliseconds.png",
        "cells/walk-good-mlp-sampling.steps=2.5-width=a_b-1.json",
      ] { #expect(FileManager.default.fileExists(atPath: "\(folder)/\(file)"), "\(file)") }

      let json = try JSONSerialization.jsonObject(with: results.json()) as? [String: Any]
      let rows = try #require(json?["rows"] as? [[String: Any]])
      #expect((rows[4]["variant"] as? [String: Any])?["sampling.steps"] as? Double == 2.5)
      #expect(rows[7]["variant"] == nil)
      #expect(
        try JSONDecoder().decode(BenchmarkResults.self, from: results.json()).rows == results.rows)
      #expect(results.markdown().contains("| good · mlp | 2.5 | c |"))
      #expect(results.csv().hasPrefix("environment,method,backbone,sampling.steps,width,seeds,"))
      #expect(results.text(width: 120).contains("good · mlp                 2.5      c  "))

      let again = FakeTrainer()
      #expect(try benchmark.run(trainer: again, output: folder).rows == results.rows)
      #expect(again.trainedCells.isEmpty)
    }
  }

  @Test func `a cell that fails takes no other along`() throws {
    try withTemporaryFolder { folder in
      var benchmark = try walkBenchmark()
      benchmark.configuration.methods = ["diverging", "idle"]
      let failed = Mutex<[BenchmarkCell]>([])
      let results = try benchmark.run(trainer: FakeTrainer(), output: folder) { event in
        if case .failed(let cell, _) = event { failed.withLock { $0.append(cell) } }
      }
      #expect(failed.withLock { $0.count } == 2)
      #expect(results.failures?.map(\.cell.seed) == [0, 1])
      #expect(results.rows.map(\.seeds) == [0, 2, 2])
      let remark = "missing: walk diverging mlp seed 0: the loss is no longer finite"
      #expect(results.text(width: 100).contains(remark))
      #expect(results.markdown().contains(remark))
      #expect(results.markdown().contains("| diverging · mlp | – |"))
      #expect(results.csv().contains("walk,diverging,mlp,0,,"))

      let retried = FakeTrainer()
      #expect(try benchmark.run(trainer: retried, output: folder).failures?.count == 2)
      #expect(Set(retried.trainedCells.map(\.method)) == ["diverging"])
      benchmark.configuration.methods = ["diverging"]
      #expect(throws: FakeTrainer.Divergence.self) {
        try benchmark.run(trainer: FakeTrainer(), output: folder)
      }
    }
  }

  @Test func `swept values reach training and sampling`() throws {
    var configuration = TrainingConfiguration(steps: 40)
    configuration.policy.method = DenoisingDiffusion(
      sampler: SamplerSpecification(kind: .ddim, clip: 1))
    let trainer = PolicyTrainer(["walk": configuration], checkpoints: "/nowhere")
    func cell(_ method: String, _ setting: String, _ value: Settings.Value) -> BenchmarkCell {
      BenchmarkCell(
        environment: "walk", method: method, backbone: "mlp", variant: Variant([setting: value]),
        seed: 2)
    }
    let steps = cell("diffusion", "policy.sampler.noise_steps.count", .integer(7))
    #expect(try trainer.configuration(of: steps).policy.method.sampling?.noiseSteps.count == 7)
    #expect(try trainer.trainingName(of: steps) == "walk-diffusion-mlp-2")
    let noise = cell("diffusion", "policy.schedule.steps", .integer(9))
    #expect(try trainer.configuration(of: noise).policy.method.noiseSteps == 9)
    #expect(try trainer.trainingName(of: noise) == "walk-diffusion-mlp-policy.schedule.steps=9-2")
    let chunk = cell(
      "mse", "policy.horizons",
      .group(["prediction": .integer(8), "action": .integer(4), "observation": .integer(1)]))
    #expect(try trainer.configuration(of: chunk).policy.horizons.prediction == 8)
    let extra = cell("diffusion", "policy.sampler.times.extra_steps", .integer(3))
    #expect(try trainer.configuration(of: extra).policy.method.sampling?.noiseSteps.extraSteps == 3)
    let plain = BenchmarkCell(
      environment: "walk", method: "diffusion-x", backbone: "mlp", seed: 2)
    #expect(try trainer.configuration(of: plain).policy.method.sampling?.noiseSteps.extraSteps == 8)
    #expect(try trainer.trainingName(of: plain) == "walk-diffusion-mlp-2")

    #expect(try !trainer.concerns("policy.sampler.eta", method: "mse", backbone: "mlp"))
    #expect(try trainer.concerns("policy.sampler.eta", method: "diffusion-kde", backbone: "mlp"))
    #expect(try trainer.concerns("policy.horizons", method: "mse", backbone: "mlp"))
    for bad in [
      cell("diffusion", "policy.sampler.times.count", .integer(51)),
      cell("diffusion", "policy.sampler.noise_steps.cuont", .integer(5)),
      cell("diffusion", "policy.sampler.times.count", .text("many")),
      cell("diffusion", "policy.sampler.guidance", .integer(1)),
    ] { #expect(throws: (any Error).self) { try trainer.configuration(of: bad) } }
  }

  @Test func `a sweep may stand alone or in a list`() throws {
    let task = #"{"environment": "walk", "demonstrations": "walk.hdf5"}"#
    func decode(_ sweep: String) throws -> [Sweep] {
      let text = #"{"environments": [\#(task)], "sweep": \#(sweep)}"#
      return try JSONDecoder().decode(BenchmarkConfiguration.self, from: Data(text.utf8)).sweep
    }
    let one = Sweep("a.b", values: [.integer(1), .number(0.5)])
    #expect(try decode(#"{"setting": "a.b", "values": [1, 0.5]}"#) == [one])
    #expect(try decode(#"[{"setting": "a.b", "values": [1, 0.5]}]"#) == [one])
    let error = #expect(throws: (any Error).self) {
      try decode(#"{"setting": "a.b", "valeus": [1]}"#)
    }
    #expect(error.map { "\($0)" }?.contains("did you mean 'values'?") == true)
    for sweeps in [
      [Sweep("a", values: [])], [Sweep("a", values: [.integer(1), .number(1)])], [one, one],
      [Sweep("policy.method", values: [.text("mse")])],
    ] {
      var configuration = BenchmarkConfiguration(
        environments: [.init(environment: "walk", demonstrations: "walk.hdf5")])
      configuration.sweep = sweeps
      #expect(throws: EvaluationError.self) { try configuration.check() }
    }
  }
}
