import Foundation
import TestSupport
import Testing

/// The shared helpers must be able to fail.
@Suite struct ComparisonTests {
  @Test func `equal values agree`() {
    #expect(mismatch([1.0, -2, 0], [1.0, -2, 0]) == nil)
    #expect(mismatch([Float.nan, .infinity], [Double.nan, .infinity], relative: 0.1) == nil)
  }

  @Test func `a small error passes and a large one does not`() {
    #expect(mismatch([100.9], [100.0], relative: 0.01) == nil)
    #expect(mismatch([101.1], [100.0], relative: 0.01) != nil)
    #expect(mismatch([0.9e-6], [0.0], absolute: 1e-6) == nil)
    #expect(mismatch([1.1e-6], [0.0], absolute: 1e-6) != nil)
  }

  @Test func `the worst element is named`() throws {
    let found = try #require(mismatch([1.0, 2.5, 3.1], [1.0, 2.0, 3.0], relative: 0.01))
    #expect(
      found.description.hasPrefix("2 of 3 elements differ; worst at index 1: 2.5, expected 2"))
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func `what is not finite is no match for a number`(value: Double) {
    #expect(mismatch([value], [1.0], relative: 1e9, absolute: 1e9) != nil)
    #expect(mismatch([1.0], [value], relative: 1e9, absolute: 1e9) != nil)
  }

  @Test func `another order or count is a mismatch`() {
    #expect(mismatch([1.0, 2.0], [2.0, 1.0], relative: 0.1) != nil)
    #expect(mismatch([1.0], [1.0, 1.0], relative: 0.1) != nil)
    #expect(mismatch([Double](), [1.0], relative: 0.1) != nil)
  }

  @Test func `expectations record an issue`() {
    withKnownIssue { expectClose([1.0], [1.1], relative: 0.01) }
    withKnownIssue { expectClose(1.0, 1.1, absolute: 0.01) }
  }

  @Test func `nested numbers keep their shape`() throws {
    let json = Data("[[[1, 2], [3, 4], [5, 6]]]".utf8)
    let nested = try JSONDecoder().decode(NestedNumbers.self, from: json)
    #expect(nested.shape == [1, 3, 2])
    #expect(nested.values == [1, 2, 3, 4, 5, 6])
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(NestedNumbers.self, from: Data("[[1, 2], [3]]".utf8))
    }
  }

  @Test func `a missing fixture is named`() {
    #expect {
      try fixture("nothing", as: NestedNumbers.self, in: Bundle.main)
    } throws: { error in
      "\(error)".contains("Fixtures/nothing.json")
    }
  }
}
