public import Testing

/// Where and by how much a sequence of numbers differs from what was expected.
public struct Mismatch: CustomStringConvertible, Sendable, Equatable {
  /// What differs, such as the worst element with its index.
  public let description: String
}

/// The worst element for which |actual − expected| > absolute + relative · |expected|, if any.
///
/// A different count and any NaN (unless both are) are mismatches too.
///
/// - Parameters:
///   - actual: What was computed.
///   - expected: What is right.
///   - relative: The tolerated error as a share of the expected magnitude.
///   - absolute: The tolerated error near zero.
/// - Returns: A description of the worst element, or nil when all agree.
public func mismatch<Value: BinaryFloatingPoint>(
  _ actual: [Value], _ expected: [some BinaryFloatingPoint], relative: Double = 0,
  absolute: Double = 0
) -> Mismatch? {
  guard actual.count == expected.count else {
    return Mismatch(description: "\(actual.count) elements, expected \(expected.count)")
  }
  var worst: (index: Int, excess: Double)?
  var count = 0
  for index in actual.indices {
    let a = Double(actual[index])
    let e = Double(expected[index])
    if a == e || (a.isNaN && e.isNaN) { continue }
    let error = (a - e).magnitude
    let tolerance = absolute + relative * e.magnitude
    // Written so that a NaN fails.
    if error <= tolerance, tolerance.isFinite { continue }
    count += 1
    let ratio = error / Swift.max(tolerance, 1e-300)
    let excess = ratio.isNaN ? Double.infinity : ratio
    if excess > worst?.excess ?? -1 { worst = (index, excess) }
  }
  guard let worst else { return nil }
  let a = Double(actual[worst.index])
  let e = Double(expected[worst.index])
  return Mismatch(
    description:
      "\(count) of \(actual.count) elements differ; worst at index \(worst.index): \(a), "
      + "expected \(e) (error \((a - e).magnitude), "
      + "relative \((a - e).magnitude / e.magnitude), \(worst.excess) times the tolerance)")
}

/// Expects two sequences of numbers to agree element by element and prints the worst one if not.
///
/// - Parameters:
///   - actual: What was computed.
///   - expected: What is right.
///   - relative: The tolerated error as a share of the expected magnitude.
///   - absolute: The tolerated error near zero.
///   - what: What is compared, for the message.
///   - sourceLocation: Where the expectation stands.
public func expectClose<Value: BinaryFloatingPoint>(
  _ actual: [Value], _ expected: [some BinaryFloatingPoint], relative: Double = 0,
  absolute: Double = 0, _ what: @autoclosure () -> String = "values",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  if let mismatch = mismatch(actual, expected, relative: relative, absolute: absolute) {
    Issue.record("\(what()): \(mismatch)", sourceLocation: sourceLocation)
  }
}

/// Expects two numbers to agree.
///
/// - Parameters:
///   - actual: What was computed.
///   - expected: What is right.
///   - relative: The tolerated error as a share of the expected magnitude.
///   - absolute: The tolerated error near zero.
///   - what: What is compared, for the message.
///   - sourceLocation: Where the expectation stands.
public func expectClose<Value: BinaryFloatingPoint>(
  _ actual: Value, _ expected: some BinaryFloatingPoint, relative: Double = 0,
  absolute: Double = 0, _ what: @autoclosure () -> String = "value",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  expectClose(
    [actual], [expected], relative: relative, absolute: absolute, what(),
    sourceLocation: sourceLocation)
}
