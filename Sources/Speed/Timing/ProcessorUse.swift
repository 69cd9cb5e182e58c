import Foundation

/// How long the machine's processors have worked, and how long for this process, as Linux counts
/// it.
struct ProcessorUse {
  /// Seconds of all processors for anybody, also for other machines on the same host.
  private let all: Double
  /// Seconds for this process.
  private let own: Double

  /// A measurement during which others used more than this share of a processor is not to be
  /// trusted.
  static let tolerance = 0.1

  /// The use until now; nil where the system does not tell.
  static var now: ProcessorUse? {
    // As in "cpu  user nice system idle iowait irq softirq steal guest guest_nice", of which the
    // first two hold the last.
    guard let text = try? String(contentsOfFile: "/proc/stat", encoding: .utf8),
      let line = text.split(separator: "\n").first, line.hasPrefix("cpu ")
    else { return nil }
    let ticks = line.split(separator: " ").dropFirst().compactMap { Double($0) }
    var used = timespec()
    guard ticks.count >= 8, clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0 else { return nil }
    let busy = ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7]
    return ProcessorUse(
      all: busy / Double(sysconf(Int32(_SC_CLK_TCK))),
      own: Double(used.tv_sec) + Double(used.tv_nsec) / 1e9)
  }

  /// How many processors others used on average since an earlier time.
  ///
  /// - Parameters:
  ///   - earlier: The use until then.
  ///   - seconds: How long ago that was.
  /// - Returns: Processors, at least 0.
  func others(since earlier: ProcessorUse, _ seconds: Double) -> Double {
    // The system counts in hundredths of a second.
    let counted = (all - earlier.all) - (own - earlier.own)
    return max(0, counted - 0.03) / max(seconds, 1e-9)
  }
}
