import Foundation
import Testing

/// A file of reference values beside the tests.
enum Fixture {
  static func decode<Value: Decodable>(_ type: Value.Type, from name: String) throws -> Value {
    let url = try #require(
      Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: "json"))
    return try JSONDecoder().decode(type, from: Data(contentsOf: url))
  }
}

/// Whether two numbers agree to a relative error (of the larger of the two, at least 1e-12).
func agree(_ a: Double, _ b: Double, relative: Double = 1e-6) -> Bool {
  abs(a - b) <= relative * max(abs(a), abs(b), 1e-12)
}
