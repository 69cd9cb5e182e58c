import Foundation

/// A number with at most four significant digits and nothing superfluous: 0.5, 3.142, 1200.
func shortNumber(_ value: Double) -> String {
  if let whole = Int(exactly: value) { return "\(whole)" }
  return String(format: "%.4g", value)
}

/// A size such as `5.8 MB`, in powers of 1000.
func byteText(_ bytes: Int) -> String {
  switch bytes {
  case ..<1000: "\(bytes) bytes"
  case ..<1_000_000: "\(shortNumber(Double(bytes) / 1e3)) kB"
  default: "\(shortNumber(Double(bytes) / 1e6)) MB"
  }
}

/// A count with its noun: 1 episode, 2 episodes.
func counted(_ count: Int, _ noun: String) -> String {
  "\(count) \(noun)\(count == 1 ? "" : "s")"
}
