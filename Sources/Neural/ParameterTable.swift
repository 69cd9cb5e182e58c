/// The list of a network's parameters, filled as its layers declare them.
///
/// A layer declares each parameter once, in its initialiser; the flat buffer's layout, the names in
/// a checkpoint and the initial values all follow from this table.
public final class ParameterTable {
  /// The parameters in the order of their declaration and of their offsets.
  public private(set) var parameters: [Parameter] = []

  /// The length of the flat buffer: every parameter starts on a cache line.
  public private(set) var count = 0

  /// The length of the part that is trained; constants come after it.
  public private(set) var trainedExtent = 0

  /// Creates an empty table.
  public init() {}

  /// The scope from which a network's outermost layers declare.
  public var root: ParameterScope { ParameterScope(table: self, path: "") }

  fileprivate func declare(
    _ name: String, shape: [Int], initialiser: Initialiser, fileLayout: FileLayout = .asInMemory,
    isConstant: Bool = false
  ) -> Parameter {
    precondition(
      !parameters.contains { $0.name == name }, "two layers declare a parameter '\(name)'")
    precondition(
      isConstant || trainedExtent == count, "'\(name)' is declared behind a constant")
    let parameter = Parameter(
      name: name, shape: shape, offset: count, initialiser: initialiser,
      fileLayout: fileLayout, isConstant: isConstant)
    parameters.append(parameter)
    count += FloatBuffer.aligned(parameter.count)
    if !isConstant { trainedExtent = count }
    return parameter
  }

  /// The parameter of a name; nil if nothing declares it.
  public subscript(_ name: String) -> Parameter? { parameters.first { $0.name == name } }

  /// The number of trained values, without the padding between parameters.
  public var trainedCount: Int {
    parameters.filter { !$0.isConstant }.reduce(0) { $0 + $1.count }
  }
}

/// A place in the tree of layers where parameters are declared, such as `hidden.0`.
public struct ParameterScope {
  let table: ParameterTable
  let path: String

  /// The scope of a named part.
  public subscript(_ name: String) -> ParameterScope {
    ParameterScope(table: table, path: path.isEmpty ? name : "\(path).\(name)")
  }

  /// The scope of a numbered part.
  public subscript(_ index: Int) -> ParameterScope { self["\(index)"] }

  /// Where the next parameter will stand in the flat buffer.
  public var end: Int { table.count }

  /// Declares a parameter of this part.
  ///
  /// - Parameters:
  ///   - name: Its role, such as `weight`; unique within the scope.
  ///   - shape: Its shape in memory.
  ///   - initialiser: How it starts.
  ///   - fileLayout: How files hold it.
  /// - Returns: The view of the flat buffer.
  public func declare(
    _ name: String, shape: [Int], initialiser: Initialiser, fileLayout: FileLayout = .asInMemory
  ) -> Parameter {
    table.declare(
      self[name].path, shape: shape, initialiser: initialiser, fileLayout: fileLayout)
  }

  /// Declares values of this part that are saved with the weights but not trained.
  ///
  /// They come after all trained parameters.
  ///
  /// - Parameters:
  ///   - name: Its role, such as `centres`; unique within the scope.
  ///   - shape: Its shape, in memory and in files.
  ///   - values: The values, if they are known when the network is built; zeros until a method
  ///     writes them otherwise.
  /// - Returns: The view of the flat buffer.
  public func declareConstant(
    _ name: String, shape: [Int], values: [Float]? = nil
  ) -> Parameter {
    let count = shape.reduce(1, *)
    precondition(values.map { $0.count == count } ?? true, "\(name) has other values than \(shape)")
    return table.declare(
      self[name].path, shape: shape, initialiser: values.map { .values($0) } ?? .zeros,
      isConstant: true)
  }
}
