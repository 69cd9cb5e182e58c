import Foundation
import Testing

/// What `--json` prints, for those who read it with a program.
@Suite struct JSONKeyTests {
  /// The keys of a document, however far in.
  private func keys(_ value: Any) -> Set<String> {
    if let object = value as? [String: Any] {
      return object.reduce(into: Set(object.keys)) { $0.formUnion(keys($1.value)) }
    }
    return (value as? [Any] ?? []).reduce(into: []) { $0.formUnion(keys($1)) }
  }

  @Test func `keys are written with underscores, whatever is asked`() throws {
    let folder = try Scratch()
    func run(_ line: String) throws -> Tool.Result {
      let result = try Tool.run(line.split(separator: " ").map(String.init), in: folder)
      #expect(result.status == 0, "\(line): \(result.errors)")
      return result
    }
    _ = try run("record --environment push --expert --episodes 2 --output push.hdf5")
    _ = try run("train --demos push.hdf5 --method mse --steps 2 --batch 4 --output run")
    for (line, known) in [
      ("environments --json", "default_value"), ("inspect push.hdf5 --json", "state_width"),
      ("inspect run --json", "is_resumable"),
      ("rollout --policy run --environment push --episodes 1 --json", "success_wilson_interval"),
      ("replay --demos push.hdf5 --environment push --json", "mean_largest_replayed_reward"),
      ("evaluate --policy run --demos push.hdf5 --draws 2 --json", "windows_cut_short"),
      ("speed --only environment-push --seconds 0.01 --json", "steps_per_second"),
    ] {
      let json = try JSONSerialization.jsonObject(with: Data(run(line).output.utf8))
      let keys = keys(json)
      #expect(keys.contains(known), "\(line): \(keys.sorted())")
      #expect(keys.filter { $0.contains { $0.isUppercase } } == [], "\(line)")
    }
  }
}
