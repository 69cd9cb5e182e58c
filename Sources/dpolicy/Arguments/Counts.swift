import ArgumentParser

/// The largest numbers that a person may ask for.
///
/// Far above what any machine does, and low enough that no product of them is beyond counting.
enum LargestCount {
  /// Threads, and trainings side by side.
  static let threads = 1024
  /// Episodes of a recording or a rollout.
  static let episodes = 100_000_000
  /// Windows that a policy is judged by, and chunks that are drawn for each.
  static let windows = 10_000_000
  static let draws = 100_000
}

/// Checks a number that a person gives.
///
/// - Throws: `ValidationError` that names the flag and the bound.
func checkCount(_ value: Int?, _ flag: String, atMost most: Int) throws {
  guard let value, !(1...most).contains(value) else { return }
  throw ValidationError("'\(flag)' must be at \(value < 1 ? "least 1" : "most \(most)").")
}
