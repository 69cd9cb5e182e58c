import Foundation
import Testing

/// The benchmark of speed, far too short to be exact.
@Suite struct SpeedTests {
  let folder: Scratch

  init() throws {
    folder = try Scratch()
  }

  private func run(_ line: String) throws -> Tool.Result {
    try Tool.run(line.split(separator: " ").map(String.init), in: folder)
  }

  private func results(_ line: String) throws -> [String: [[String: Any]]] {
    let result = try run("speed --json --seconds 0.02 \(line)")
    #expect(result.status == 0, "\(result.errors)")
    let json = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
    return try #require((json as? [String: Any])?["results"] as? [String: [[String: Any]]])
  }

  @Test func `a row is timed for each number of threads`() throws {
    let steps = try #require(try results("--only mlp-train-32 --threads 1,2")["steps"])
    #expect(steps.map { $0["row"] as? String } == ["mlp-train-32", "mlp-train-32"])
    #expect(steps.map { $0["threads"] as? Int } == [1, 2])
    // 70 · 512 + 512, twice 512 · 512 + 512, 512 · 9 + 9.
    #expect(steps.allSatisfy { $0["parameters"] as? Int == 566_281 })
    for step in steps {
      let least = try #require(step["minimum_milliseconds"] as? Double)
      let median = try #require(step["median_milliseconds"] as? Double)
      #expect(0 < least && least <= median && median < 10_000)
      #expect((step["probes"] as? [Double])?.allSatisfy { $0 > 0 } == true)
    }
  }

  @Test func `every network has a row that trains and one that decides`() throws {
    for (part, minimum) in [("train-32", 6), ("decide-1-half", 6)] {
      let rows = try #require(try results("--only \(part) --threads 1")["steps"])
      let names = rows.compactMap { $0["row"] as? String }.filter { $0.hasSuffix(part) }
      #expect(names.count >= minimum && names.contains("unet-\(part)"), "\(names)")
      #expect(names.contains("scene-\(part)") && names.contains("dit-\(part)"))
    }
  }

  @Test func `a row says that another process used the cores meanwhile`() throws {
    let busy = Process()
    busy.executableURL = URL(fileURLWithPath: "/bin/sh")
    // It counts to an end of its own, should this test be ended before its time.
    busy.arguments = ["-c", "i=0; while [ $i -lt 30000000 ]; do i=$((i + 1)); done"]
    try busy.run()
    // Children of a program that takes signals itself may not hear of a polite one.
    defer { kill(busy.processIdentifier, SIGKILL) }
    let result = try run("speed --json --seconds 1 --only mlp-decide-1-in-8 --threads 1")
    let json = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
    let results = (json as? [String: Any])?["results"] as? [String: [[String: Any]]]
    let row = try #require(results?["steps"]?.first)
    #expect(row["is_steady"] as? Bool == false)
    let others = try #require(row["other_processors"] as? Double)
    #expect((0.3...Double(ProcessInfo.processInfo.activeProcessorCount)).contains(others))
    let text = try run("speed --seconds 1 --only mlp-decide-1-in-8 --threads 1").output
    #expect(text.contains("others used "), "\(text)")
  }

  @Test func `a part of a name stands for all rows that contain it`() throws {
    let all = try results("--only sieve-decide --threads 1")
    #expect(
      all["steps"]?.map { $0["row"] as? String } == [
        "sieve-decide-1", "sieve-decide-1-half", "sieve-decide-1-int8", "sieve-decide-1-in-8",
        "sieve-decide-1-in-8-int8", "sieve-decide-100", "sieve-decide-100-int8",
      ])
    let rates = try #require(try results("--only environment")["environments"])
    #expect(rates.count >= 3)
    #expect(rates.allSatisfy { ($0["steps_per_second"] as? Double ?? 0) > 10 })
    let unknown = try run("speed --only sieve-tain-32")
    #expect(unknown.status == 64)
    #expect(
      unknown.errors.hasPrefix(
        "dpolicy: unknown row 'sieve-tain-32' (did you mean 'sieve-train-32'?); known: mlp-train-32"
      ), "\(unknown.errors)")
  }

  @Test func `memory is that of a process of its own, and rollouts tell where the time goes`()
    throws
  {
    let memory = try #require(try results("--only memory")["memory"])
    #expect(memory.map { $0["row"] as? String } == ["memory-train", "memory-decide"])
    let peaks = memory.compactMap { $0["peak_bytes"] as? Int }
    #expect(peaks.count == 2 && peaks.allSatisfy { (1_000_000..<2_000_000_000).contains($0) })
    let rollouts = try #require(try results("--only rollouts")["rollouts"]?.first)
    for (key, episodes) in [("lock_step", 100), ("one_by_one", 10)] {
      let way = try #require(rollouts[key] as? [String: Any])
      #expect(way["episodes"] as? Int == episodes && way["steps"] as? Int == 350 * episodes)
      let deciding = try #require(way["deciding_share"] as? Double)
      let environment = try #require(way["environment_share"] as? Double)
      #expect(0 < deciding && 0 < environment && deciding + environment < 1)
    }
  }
}
