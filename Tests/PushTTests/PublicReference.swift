import EnvironmentInterface
import Foundation
import PushT
import TestSupport

/// What gym-pusht shows after its resets, and its coverage of random poses.
struct PublicReference: Decodable {
  struct InitialState: Decodable {
    let seed: UInt64
    let agent: [Float]
    let block: [Float]

    enum CodingKeys: String, CodingKey {
      case seed
      case agent = "agent_pos"
      case block = "block_pose"
    }
  }

  struct Case: Decodable {
    let block: [Float]
    let coverage: Double

    enum CodingKeys: String, CodingKey {
      case coverage
      case block = "block_pose"
    }
  }

  let initialStates: [InitialState]
  let coverage: [Case]

  enum CodingKeys: String, CodingKey {
    case coverage
    case initialStates = "initial_states"
  }

  static func load() throws -> PublicReference { try fixture("pusht", in: .module) }
}

/// Strokes against the T in the physics of the public environment; see pymunk_strokes.py.
struct PublicStrokes: Decodable {
  struct Episode: Decodable {
    let actions: [[Float]]
    /// Agent x, y; T x, y, angle; before each action and after the last.
    let states: [[Float]]
  }

  let episodes: [Episode]

  static func load() throws -> PublicStrokes { try fixture("pymunk", in: .module) }
}

extension PushTEnvironment {
  /// The numbers of a flat observation.
  func values(_ name: String) throws -> [Float] {
    guard case .float32(let values) = try observation(name) else { return [] }
    return values
  }

  /// Starts where agent [2] and T [3] are told to be.
  func start(agent: [Float], block: [Float]) throws {
    try start(from: ["agent_pos": .float32(agent), "block_pose": .float32(block)])
  }
}
