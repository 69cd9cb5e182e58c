/// Where a program's inputs lie: found by the node that stands for an input.
struct InputPlaces {
  private let graph: Graph
  private let places: [Int: Range<Int>]

  /// - Parameters:
  ///   - graph: The record that the program was compiled from.
  ///   - place: The range of the workspace that an input of the record has; nil for none.
  init(_ graph: Graph, place: (_ index: Int) -> Range<Int>?) {
    self.graph = graph
    var places: [Int: Range<Int>] = [:]
    for (index, value) in graph.values.enumerated() {
      if case .input = value.operation { places[index] = place(index) }
    }
    self.places = places
  }

  /// The place of an input.
  ///
  /// A node that is none of the program's inputs is its reader's own mistake.
  subscript(_ node: Node) -> Range<Int> {
    precondition(node.graph === graph, "the node belongs to another graph than the program")
    guard let place = places[node.index] else {
      preconditionFailure(
        "the node is no input of the program, or one whose gradient was not asked for")
    }
    return place
  }

  /// The last input of a name that has a place.
  func node(_ name: String) -> Node? {
    graph.inputs.last { $0.name == name && places[$0.node.index] != nil }?.node
  }
}

// By name for tests, which take networks apart that they did not record.

extension TrainingProgram {
  /// The memory of the last input of a name.
  package func rows(named name: String) -> UnsafeMutableBufferPointer<Float>? {
    inputs.node(name).map { rows(of: $0) }
  }

  /// The gradient of the last input of a name.
  package func inputGradient(named name: String) -> UnsafeMutableBufferPointer<Float>? {
    inputGradients.node(name).map { inputGradient(of: $0) }
  }
}

extension InferenceProgram {
  /// The memory of the last input of a name.
  package func rows(
    named name: String, worker: Int = 0
  ) -> UnsafeMutableBufferPointer<Float>? {
    inputs.node(name).map { rows(of: $0, worker: worker) }
  }
}

extension Graph {
  /// The inputs of a name.
  package func inputs(named name: String) -> [Node] {
    inputs.filter { $0.name == name }.map(\.node)
  }
}
