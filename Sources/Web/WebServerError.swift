/// Why a server cannot be started.
public enum WebServerError: Error, CustomStringConvertible, Sendable, Hashable {
  /// A host that is not an address of this machine in digits.
  case malformedHost(String)
  /// A host that others can reach, without a token.
  case missingToken(host: String)
  /// A token that is too short or cannot stand in a header.
  case malformedToken
  /// An address at which a proxy shows the pages that is none.
  case malformedOrigin(String)
  /// An address at which nothing can listen.
  case cannotListen(address: String, reason: String)
  /// A page that is not in the package's resources.
  case missingPage(String)

  /// What is wrong, and what would be right.
  public var description: String {
    switch self {
    case .malformedHost(let host):
      "the host is '\(host)', but must be an address in digits, such as 127.0.0.1, 0.0.0.0 or ::1"
    case .missingToken(let host):
      "others can reach \(host), so a token is needed as well"
    case .malformedToken:
      "the token must have at least \(AccessRule.shortestToken) letters, digits or other visible "
        + "ASCII characters"
    case .malformedOrigin(let origin):
      "the address of the proxy is '\(origin)', but must be a scheme and a name alone, such as "
        + "https://robot.example"
    case .cannotListen(let address, let reason):
      "\(address): cannot listen: \(reason); --port chooses another, 0 any that is free"
    case .missingPage(let name):
      "the page '\(name)' is missing: the folder whose name ends in '_Studio.resources' must lie beside "
        + "the tool"
    }
  }
}
