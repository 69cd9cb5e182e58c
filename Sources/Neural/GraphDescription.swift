/// What a network computes, as a document: operations in order, each with its inputs, sizes and
/// parameters, so that other programs can compute the same.
///
/// `{"operations": [{"kind": "linear", "inputs": [3], "rows": 1, …}, …], "output": 41}`. A value is
/// an array for each sample, flat and row-major, of `count` elements; `inputs` are indices into
/// `operations`. Losses have no place in it.
public struct GraphDescription: Encodable, Sendable {
  /// One operation.
  struct Entry: Encodable, Sendable {
    var kind: String
    var inputs: [Int]
    var count: Int
    /// Integers, numbers, words and parameters by name.
    var attributes: [String: Attribute] = [:]

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(kind, forKey: Key("kind"))
      try container.encode(inputs, forKey: Key("inputs"))
      try container.encode(count, forKey: Key("count"))
      for (name, value) in attributes { try container.encode(value, forKey: Key(name)) }
    }
  }

  /// A property of an operation.
  enum Attribute: Encodable, Sendable {
    case integer(Int)
    case number(Float)
    case word(String)
    case integers([Int])
    case parameter(Parameter)

    func encode(to encoder: any Encoder) throws {
      if case .parameter(let parameter) = self {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(parameter.name, forKey: Key("name"))
        try container.encode(parameter.shape, forKey: Key("shape"))
        return try container.encode(parameter.fileLayout.word, forKey: Key("layout"))
      }
      var container = encoder.singleValueContainer()
      switch self {
      case .integer(let value): try container.encode(value)
      case .number(let value): try container.encode(value)
      case .word(let value): try container.encode(value)
      case .integers(let values): try container.encode(values)
      case .parameter: break
      }
    }
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  private let operations: [Entry]
  private let output: Int

  private enum CodingKeys: String, CodingKey { case operations, output }

  /// Describes what leads to a node.
  ///
  /// - Parameters:
  ///   - output: The node.
  ///   - names: What inputs are called, by their nodes; those without are called as recorded.
  ///   - table: The parameters of the network.
  public init(of output: Node, names: [(node: Node, name: String)], table: ParameterTable) {
    let named = Dictionary(uniqueKeysWithValues: names.map { ($0.node.index, $0.name) })
    self.output = output.index
    operations = output.graph.values.prefix(output.index + 1).enumerated().map { index, value in
      let (kind, attributes) = value.operation.described(table)
      var entry = Entry(
        kind: kind, inputs: value.operation.sources, count: value.count, attributes: attributes)
      if let name = named[index] { entry.attributes["name"] = .word(name) }
      return entry
    }
  }
}

extension Operation {
  /// Its kind and its properties.
  fileprivate func described(
    _ table: ParameterTable
  ) -> (kind: String, attributes: [String: GraphDescription.Attribute]) {
    switch self {
    case .input(let name, _): return ("input", ["name": .word(name)])
    case .linear(let factors, let rows, let weight, let bias):
      return (
        "linear",
        [
          "rows": .integer(rows), "widths": .integers(factors.map(\.width)),
          "weight_rows": .integers(factors.map(\.weightRow)), "weight": .parameter(weight),
        ].with("bias", bias)
      )
    case .activation(_, let activation, _):
      return (
        "activation",
        ["function": .word(activation.word), "slope": .number(activation.parameter)]
      )
    case .layerNorm(_, let columns, let scale, let shift, let epsilon):
      return (
        "layer_norm",
        ["columns": .integer(columns), "epsilon": .number(epsilon)]
          .with("scale", scale).with("shift", shift)
      )
    case .softmax(_, let columns): return ("softmax", ["columns": .integer(columns)])
    case .sum(_, _, let a, let b): return ("sum", ["scale_a": .number(a), "scale_b": .number(b)])
    case .scale(_, let factor): return ("scale", ["factor": .number(factor)])
    case .multiply: return ("multiply", [:])
    case .shift(_, let parameter): return ("shift", ["shift": .parameter(parameter)])
    case .columns(_, let range, let rows):
      return (
        "columns",
        ["rows": .integer(rows), "range": .integers([range.lowerBound, range.upperBound])]
      )
    case .concatenation(let parts, let rows):
      return (
        "concatenation", ["rows": .integer(rows), "widths": .integers(parts.map(\.width))]
      )
    case .attention(_, let sizes), .sharedAttention(_, _, let sizes):
      return ("attention", sizes.described)
    case .modulate(_, _, let sizes): return ("modulate", sizes.described)
    case .framed(_, _, let sizes): return ("framed", sizes.described)
    case .mixture(_, _, let sizes):
      return (
        "mixture",
        [
          "frames": .integer(sizes.frames), "points": .integer(sizes.points),
          "columns": .integer(sizes.columns),
        ]
      )
    case .spatial(_, let operation): return operation.described(table)
    case .quantise: return ("quantise", [:])
    case .contrast, .squaredError, .loss: return ("loss", [:])
    }
  }
}

extension [String: GraphDescription.Attribute] {
  fileprivate func with(_ name: String, _ parameter: Parameter?) -> Self {
    guard let parameter else { return self }
    return merging([name: .parameter(parameter)]) { $1 }
  }
}

extension FileLayout {
  /// How a file's array becomes the one in memory.
  fileprivate var word: String {
    switch self {
    case .asInMemory: "as_in_memory"
    case .outputsFirst: "outputs_first"
    case .lastTwoSwapped: "last_two_swapped"
    }
  }
}

extension Activation {
  fileprivate var word: String {
    switch self {
    case .relu: "relu"
    case .leakyReLU: "leaky_relu"
    case .gelu: "gelu"
    case .geluTanh: "gelu_tanh"
    case .silu: "silu"
    case .sine: "sine"
    case .tanh: "tanh"
    case .mish: "mish"
    case .exponential: "exponential"
    }
  }
}

extension AttentionSizes {
  fileprivate var described: [String: GraphDescription.Attribute] {
    [
      "tokens": .integer(tokens), "heads": .integer(heads), "head_width": .integer(headWidth),
      "first_query": .integer(firstQuery), "queries": .integer(queries),
    ]
  }
}

extension Modulation {
  fileprivate var described: [String: GraphDescription.Attribute] {
    var attributes: [String: GraphDescription.Attribute] = [
      "rows": .integer(rows), "columns": .integer(columns), "offset": .number(offset),
    ]
    if let scale { attributes["scale"] = .integer(scale) }
    if let shift { attributes["shift"] = .integer(shift) }
    return attributes
  }
}

extension FrameSizes {
  fileprivate var described: [String: GraphDescription.Attribute] {
    let words =
      switch change {
      case .seen: "seen"
      case .seenDirection: "seen_direction"
      case .turned: "turned"
      }
    return [
      "change": .word(words), "frames": .integer(frames), "points": .integer(points),
      "pose_width": .integer(poseWidth),
    ]
  }
}

extension SpatialOperation {
  fileprivate func described(
    _ table: ParameterTable
  ) -> (kind: String, attributes: [String: GraphDescription.Attribute]) {
    switch self {
    case .patches(let patch, let image):
      return (
        "patches",
        image.described.merging([
          "kernel": .integer(patch.kernel), "stride": .integer(patch.stride),
          "padding": .integer(patch.padding),
        ]) { $1 }
      )
    case .groupNorm(let norm, let image):
      func parameter(_ offset: Int) -> Parameter? {
        table.parameters.first { $0.offset == offset }
      }
      return (
        "group_norm",
        image.described.merging([
          "groups": .integer(norm.groups), "epsilon": .number(norm.epsilon),
        ]) { $1 }.with("scale", parameter(norm.scale)).with("shift", parameter(norm.shift))
      )
    case .meanPool(let image): return ("mean_pool", image.described)
    case .spatialSoftmax(let image): return ("spatial_softmax", image.described)
    case .windows(let window): return ("windows", window.described)
    case .overlapAdd(let window): return ("overlap_add", window.described)
    }
  }
}

extension ImageShape {
  fileprivate var described: [String: GraphDescription.Attribute] {
    [
      "images": .integer(images), "height": .integer(height), "width": .integer(width),
      "channels": .integer(channels),
    ]
  }
}

extension WindowShape {
  fileprivate var described: [String: GraphDescription.Attribute] {
    [
      "length": .integer(length), "channels": .integer(channels), "kernel": .integer(kernel),
      "stride": .integer(stride), "padding": .integer(padding), "places": .integer(places),
    ]
  }
}
