import EnvironmentInterface
import Foundation

/// robomimic's `env_args`: which environment a file was recorded in.
struct EnvironmentArguments: Encodable {
  /// The environment's name.
  let name: String
  /// Who simulates it, where robomimic has a number for each simulator that it knows.
  let type: String
  /// The environment's options.
  let options: [String: Double]

  private enum CodingKeys: String, CodingKey {
    case name = "env_name"
    case type
    case options = "env_kwargs"
  }

  /// The arguments of an environment of this package.
  init(_ description: EnvironmentDescription) {
    name = description.name
    type = "swift-diffusion-policy"
    options = description.options
  }

  /// The environment's name in the JSON text of a file, whoever wrote it; nil where it has none.
  static func name(in json: String) -> String? {
    struct Name: Decodable {
      let env_name: String
    }
    return try? JSONDecoder().decode(Name.self, from: Data(json.utf8)).env_name
  }
}
