import Foundation

/// A number with at most four significant digits and nothing superfluous: 0.5, 3.142, 1200.
func shortNumber(_ value: Double) -> String {
  if let whole = Int(exactly: value) { return "\(whole)" }
  return String(format: "%.4g", value)
}
