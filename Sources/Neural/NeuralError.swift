/// What can go wrong in the compute core.
public enum NeuralError: Error, CustomStringConvertible, Sendable {
  /// The system refused to start threads.
  case noThreads(requested: Int)
  /// A file is not safetensors, or is cut short.
  case malformedFile(path: String, reason: String)
  /// A file cannot be read or written.
  case unreadableFile(path: String, reason: String)
  /// A file lacks a tensor.
  case missingTensor(path: String, name: String, found: [String])
  /// A tensor has another shape than the network's parameter.
  case wrongShape(path: String, name: String, expected: [Int], actual: [Int])

  /// What is wrong, where, and what would be right.
  public var description: String {
    switch self {
    case .noThreads(let requested):
      "the system refused to start \(requested) threads; try fewer (--threads)"
    case .malformedFile(let path, let reason):
      "\(path): not a whole safetensors file: \(reason)"
    case .unreadableFile(let path, let reason):
      "\(path): \(reason)"
    case .missingTensor(let path, let name, let found):
      "\(path): no tensor '\(name)'; it has \(found.sorted().joined(separator: ", "))"
    case .wrongShape(let path, let name, let expected, let actual):
      "\(path): tensor '\(name)' has shape \(actual), the network needs \(expected)"
    }
  }
}
