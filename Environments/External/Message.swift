import EnvironmentInterface
import Foundation

/// What is asked of a simulator; which fields a call has is in the protocol's page.
struct Request: Codable {
  var id = 0
  var call: String
  var version: Int?
  var environment: String?
  var options: [String: Double]?
  var count: Int?
  var worlds: [Int]?
  var seeds: [UInt64]?
  /// The observations that the answer brings.
  var observations: [String]?
  /// Whether the answer brings the states.
  var states: Bool?
  /// The longest side of a picture, in pixels.
  var side: Int?
  var arrays: [WireArray.Heading]?

  init(_ call: String) { self.call = call }
}

/// What a simulator answers.
struct Reply: Codable {
  var id = 0
  /// Why there is no answer.
  var error: String?
  var version: Int?
  var program: String?
  var environments: [Listing]?
  var worlds: [Int]?
  var description: EnvironmentDescription?
  var abilities: [Ability]?
  var startObservations: [String]?
  /// For each world the sub-tasks that a step completed.
  var completed: [[Int]]?
  var behaviours: [[String: String]]?
  var choices: [[String: String]]?
  var scenes: [Scene]?
  var arrays: [WireArray.Heading]?

  private enum CodingKeys: String, CodingKey {
    case id, error, version, program, environments, worlds, description, abilities, completed
    case behaviours, choices, scenes, arrays
    case startObservations = "start_observations"
  }

  init(to id: Int) { self.id = id }

  /// What can be simulated.
  struct Listing: Codable, Sendable {
    var name: String
    var summary: String
    var options: [EnvironmentOption]
  }

  /// What a simulator can do beside stepping; what is unknown is passed over.
  enum Ability: String, Codable, Sendable {
    case state, scene, picture, start, demonstrate, other

    init(from decoder: any Decoder) throws {
      self = Self(rawValue: try decoder.singleValueContainer().decode(String.self)) ?? .other
    }
  }
}

/// A header with the arrays that belong to it.
struct Message<Header> {
  var header: Header
  var arrays: [WireArray] = []

  /// The array of a name.
  func array(_ name: String) -> WireArray? { arrays.first { $0.heading.name == name } }
}
