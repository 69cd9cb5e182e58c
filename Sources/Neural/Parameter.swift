/// How a parameter starts.
public enum Initialiser: Sendable, Hashable {
  /// All zeros.
  case zeros
  /// All ones.
  case ones
  /// Uniform in −bound…bound.
  case uniform(bound: Float)
  /// Normal with mean 0.
  case normal(standardDeviation: Float)
  /// These numbers.
  case values([Float])

  /// PyTorch's default for a linear layer's weight and bias: uniform within 1/√inputs
  /// (Kaiming uniform with a = √5).
  public static func linear(inputs: Int) -> Initialiser {
    .uniform(bound: 1 / Float(max(inputs, 1)).squareRoot())
  }
}

/// How files hold a parameter.
public enum FileLayout: Sendable, Hashable {
  /// As it lies in memory.
  case asInMemory
  /// As PyTorch holds weights: [outputs, inputs, kernel dimensions …] for [kernel dimensions …,
  /// inputs, outputs] in memory.
  case outputsFirst
  /// With the last two dimensions exchanged, as PyTorch holds those of transposed convolutions.
  case lastTwoSwapped
}

/// A trained array: a named, shaped view of a flat buffer.
public struct Parameter: Sendable, Hashable {
  /// The path of the layer and the role in it, such as `hidden.0.weight`.
  public let name: String
  /// The shape in memory; a linear layer's weight is [inputs, outputs], a convolution's
  /// [height, width, inputs, outputs].
  public let shape: [Int]
  /// Where its first element stands in the flat buffer.
  public let offset: Int
  /// How it starts.
  public let initialiser: Initialiser
  /// How files hold it.
  public let fileLayout: FileLayout
  /// Whether no optimiser touches it: what a method took from the data, such as k-means' centres.
  public let isConstant: Bool

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// The shape that files give it.
  public var fileShape: [Int] {
    switch fileLayout {
    case .asInMemory: shape
    case .outputsFirst: shape.suffix(2).reversed() + shape.dropLast(2)
    case .lastTwoSwapped: shape.dropLast(2) + shape.suffix(2).reversed()
    }
  }

  /// The same elements as a matrix: all dimensions but the last are its rows.
  var matrix: Parameter { reshaped([shape.dropLast().reduce(1, *), shape.last ?? 1]) }

  /// The same elements in another shape of the same size.
  func reshaped(_ shape: [Int]) -> Parameter {
    Parameter(
      name: name, shape: shape, offset: offset, initialiser: initialiser, fileLayout: fileLayout,
      isConstant: isConstant)
  }
}
