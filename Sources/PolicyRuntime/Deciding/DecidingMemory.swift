import Foundation
import Neural

/// The memory that deciding takes, asked for before it is allocated: a system that promises more
/// than it has ends the process without a word when it is used.
enum DecidingMemory {
  /// Checks that the machine has the memory of a program.
  ///
  /// - Parameters:
  ///   - output: What the program computes.
  ///   - samples: How many samples at once.
  ///   - observations: How many observations at once.
  ///   - noiseSteps: The number of noise steps.
  ///   - workers: How many share products.
  /// - Throws: ``ImitationError/decisionsTooLarge(samples:needed:available:)``.
  static func check(
    _ output: Node, samples: Int, observations: Int, noiseSteps: Int = 1, workers: Int = 1
  ) throws(ImitationError) {
    let needed = InferenceProgram.bytes(
      computing: output, samples: samples, observations: observations, noiseSteps: noiseSteps,
      workers: workers)
    // What little is asked for is there, or nothing would be.
    if needed < 1 << 28 { return }
    let available = MachineMemory.free
    guard needed <= available.bytes else {
      throw .decisionsTooLarge(samples: samples, needed: ByteCount(needed), available: available)
    }
  }
}

/// The memory of this machine.
package enum MachineMemory {
  /// All of it, or what the control group that the process runs in may take of it.
  package static var all: ByteCount {
    let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
      .compactMap { try? String(contentsOfFile: $0, encoding: .utf8) }
      .compactMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    let physical = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    return ByteCount(limits.reduce(physical, min))
  }

  /// What of it nobody uses, as far as the system tells.
  package static var free: ByteCount {
    guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("MemAvailable:") }),
      let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return all }
    return ByteCount(min(kilobytes << 10, all.bytes))
  }
}
