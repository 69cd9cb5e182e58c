/// How often a value changes while a policy decides; what changes seldom is computed seldom.
public enum InputRate: UInt8, Sendable {
  /// Depends on the noise step alone: computed once for all steps when a policy is loaded.
  case perNoiseStep = 1
  /// Depends on the observation: computed once a decision.
  case perObservation = 2
  /// Differs from sample to sample and from noise step to noise step.
  case perSample = 4
}

/// What a network computes, recorded by calling it once over symbolic nodes.
///
/// Nothing is computed here. A ``TrainingProgram`` or an ``InferenceProgram`` turns the record into
/// a straight list of kernels for a batch size.
public final class Graph {
  /// One array a sample: the operation that makes it and its size.
  struct Value {
    var operation: Operation
    /// Elements a sample.
    var count: Int
    /// The rates of the inputs that it depends on, as a set of ``InputRate`` bits.
    var rates: UInt8
  }

  private(set) var values: [Value] = []

  /// Creates an empty graph.
  public init() {}

  /// A graph of given values.
  init(values: [Value]) {
    self.values = values
  }

  /// An input: an array of a shape for every sample.
  ///
  /// - Parameters:
  ///   - name: What messages call it; programs find its memory by the node.
  ///   - shape: The shape of one sample's array.
  ///   - rate: How often it changes while deciding.
  /// - Returns: The node that stands for it.
  public func input(_ name: String, shape: [Int], rate: InputRate = .perSample) -> Node {
    record(.input(name: name, rate: rate), shape: shape, from: [])
  }

  /// The inputs in the order in which they were recorded.
  var inputs: [(name: String, node: Node)] {
    values.enumerated().compactMap { index, value in
      guard case .input(let name, _) = value.operation else { return nil }
      return (name, Node(graph: self, index: index, shape: [value.count]))
    }
  }

  func record(_ operation: Operation, shape: [Int], from sources: [Node]) -> Node {
    var rates: UInt8 = 0
    if case .input(_, let rate) = operation { rates = rate.rawValue }
    for source in sources {
      precondition(source.graph === self, "an operation mixes nodes of two graphs")
      rates |= values[source.index].rates
    }
    values.append(Value(operation: operation, count: shape.reduce(1, *), rates: rates))
    return Node(graph: self, index: values.count - 1, shape: shape)
  }
}

/// A symbolic array: one for every sample of a batch whose size is chosen later.
public struct Node {
  /// The record that it belongs to.
  public let graph: Graph
  let index: Int
  /// The shape of one sample's array; operations on rows act on the last dimension.
  public let shape: [Int]

  /// The length of the last dimension.
  public var width: Int { shape.last ?? 1 }

  /// The number of rows of one sample: the product of all dimensions but the last.
  public var rows: Int { shape.dropLast().reduce(1, *) }

  /// The number of elements of one sample.
  public var count: Int { shape.reduce(1, *) }

  /// The same elements in another shape of the same size.
  public func reshaped(_ shape: [Int]) -> Node {
    precondition(shape.reduce(1, *) == count, "\(self.shape) cannot be reshaped to \(shape)")
    return Node(graph: graph, index: index, shape: shape)
  }

  /// The same elements as one row.
  public var flattened: Node { reshaped([count]) }
}
