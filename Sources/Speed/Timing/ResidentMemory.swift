import Foundation

/// The memory of this process that is in RAM, as Linux counts it.
enum ResidentMemory {
  /// The largest size since the process began or since ``resetPeak()``, in bytes; nil where the
  /// system does not tell.
  static var peak: Int? { bytes("VmHWM") }

  /// The present size in bytes; nil where the system does not tell.
  static var present: Int? { bytes("VmRSS") }

  /// Makes the present size the peak.
  ///
  /// - Returns: Whether the system allows that.
  @discardableResult
  static func resetPeak() -> Bool {
    guard let file = FileHandle(forWritingAtPath: "/proc/self/clear_refs") else { return false }
    defer { try? file.close() }
    return (try? file.write(contentsOf: Data("5".utf8))) != nil
  }

  private static func bytes(_ key: String) -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else {
      return nil
    }
    // As in "VmHWM:     1234 kB".
    let line = text.split(separator: "\n").first { $0.hasPrefix("\(key):") }
    let kilobytes = line?.split(whereSeparator: { " \t".contains($0) }).dropFirst().first
    return kilobytes.flatMap { Int($0) }.map { $0 * 1024 }
  }
}
