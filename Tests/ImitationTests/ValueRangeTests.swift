import Demonstrations
import EnvironmentInterface
import Foundation
import Imitation
import Neural
import TestSupport
import Testing

/// Numbers at the edges, with every method: what never changed comes back as it was, and no action
/// is beyond what was shown.
@Suite struct ValueRangeTests {
  private static let cases:
    [(name: String, actions: @Sendable (_ x: Double, _ step: Int) -> [Double])] = [
      ("a constant", { x, _ in [x, 0.3] }),
      ("a constant that 32 bits round", { x, _ in [x, 123_456.789] }),
      ("constants alone", { _, _ in [0.3, -7.1] }),
      ("zeros alone", { _, _ in [0, 0] }),
      ("two values", { x, _ in [x, x > 0 ? 1 : -1] }),
      (
        "the largest numbers of 32 bits",
        { x, step in [x, step == 3 ? 3.4028234e38 : step == 4 ? -3.4028234e38 : x] }
      ),
      ("beyond 32 bits", { x, step in [x, step == 3 ? 1e300 : x] }),
      ("far from 0", { x, _ in [500_000 + 0.2 * x, 4.2e6 + 0.2 * x] }),
      ("tiny", { x, _ in [1e-30 * x, -1e-30 * x] }),
      ("denormal", { x, _ in [1e-42 * x, 2e-42 * x] }),
    ]

  // A flow maps one half of a chunk's values given the other; here only one changes.
  @Test(arguments: MethodRegistry.standard.names.filter { $0 != FlowPolicy.name })
  func `actions stay within what was shown, and constants are exact`(name: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("values.hdf5")
    for (what, actions) in Self.cases {
      var recorded: [[Double]] = []
      try HDF5File.create(path) { root in
        let data = try root.createGroup("data")
        for episode in 0..<4 {
          let demo = try data.createGroup("demo_\(episode)")
          let x = (0..<12).map { sin(Double(episode * 12 + $0)) }
          let rows = x.enumerated().map { actions($1, $0) }
          recorded += rows
          try demo.write("actions", dimensions: [12, 2], rows.flatMap { $0 })
          try demo.createGroup("obs").write("x", dimensions: [12, 1], x)
        }
      }
      let policy = PolicyConfiguration(backbone: MLP(hiddenWidth: 8, depth: 1))
      let distinct = Set(recorded).count
      let settings = BackboneRegistry.small.merging([
        "clusters": .integer(min(4, distinct)), "schedule.steps": 10,
        "energy.counter_examples": 3, "energy.samples": 16,
      ]) { $1 }
      guard distinct > 1 || !name.hasPrefix("kmeans") else {
        // One chunk is no cluster of several, which is said.
        continue
      }
      let configuration = TrainingConfiguration(
        policy: try policy.of(name, "mlp", settings), steps: 5, batch: 16)
      let trainer = try Trainer(configuration, demonstrations: DemonstrationStore(reading: path))
      try trainer.run()
      let trained = try Policy(trainer.checkpoint, capacity: 20)
      let windows = (0..<20).map { ObservationWindow([["x": .float64([Double($0) / 10 - 1])]]) }
      let keys = (0..<20).map { DecisionKey(seed: UInt64($0), step: 0) }
      for action in try trained.actions(windows, keys: keys).map({ $0[0] }) {
        for index in 0..<2 {
          let column = recorded.map { $0[index] }
          let (low, high) = (column.min() ?? .nan, column.max() ?? .nan)
          let slack = 1e-6 * max(abs(low), abs(high))
          #expect(
            action[index] >= low - slack && action[index] <= high + slack,
            "\(name), \(what): \(action[index]) is not in \(low)…\(high)")
          if low == high { #expect(action[index] == low, "\(name), \(what)") }
        }
      }
    }
  }
}
