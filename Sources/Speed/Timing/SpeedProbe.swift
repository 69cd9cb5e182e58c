import Dispatch
import Synchronization

/// How fast the machine is at this moment: multiplications and additions in registers, on as many
/// threads as the work that is timed.
///
/// The figure says nothing about the machine at its best. That it is another one before than after
/// a measurement says that somebody else was at work, or the clock changed.
struct SpeedProbe {
  /// How many threads compute.
  var threads: Int
  /// A measurement between two probes that differ by more than this share is not to be trusted.
  static let tolerance = 0.05

  private static let rounds = 9
  private static let iterations = 400_000
  private static let chains = 6
  private static let lanes = 8

  /// Billions of multiplications and additions a second: the median of several rounds.
  func rate() -> Double {
    let operations = Double(2 * Self.chains * Self.lanes * Self.iterations * threads)
    let seconds = (0..<Self.rounds).map { _ in
      let start = ContinuousClock.now
      DispatchQueue.concurrentPerform(iterations: threads) { Self.compute($0) }
      return (ContinuousClock.now - start) / .seconds(1)
    }
    return operations / seconds.sorted()[Self.rounds / 2] / 1e9
  }

  /// What the sums of the threads came to; kept, so that they must be computed.
  private static let sink = Atomic<UInt32>(0)

  private static func compute(_ thread: Int) {
    let factor = SIMD8<Float>(repeating: 0.999_9)
    let summand = SIMD8<Float>(repeating: Float(thread + 1))
    var (a, b, c) = (summand, summand + 1, summand + 2)
    var (d, e, f) = (summand + 3, summand + 4, summand + 5)
    for _ in 0..<iterations {
      a = a * factor + summand
      b = b * factor + summand
      c = c * factor + summand
      d = d * factor + summand
      e = e * factor + summand
      f = f * factor + summand
    }
    sink.store((a + b + c + d + e + f).sum().bitPattern, ordering: .relaxed)
  }
}
