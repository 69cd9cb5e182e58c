extension ParameterTable {
  /// The parameters' values as named tensors in the layout of files: weights [outputs, inputs].
  ///
  /// - Parameters:
  ///   - buffer: A flat buffer of this table's layout.
  ///   - prefix: What stands before each name.
  /// - Returns: A tensor for each parameter.
  public func tensors(_ buffer: FloatBuffer, prefix: String = "") -> [String: Tensor] {
    withExtendedLifetime(buffer) {
      tensors(UnsafeBufferPointer(start: buffer.pointer, count: buffer.count), prefix: prefix)
    }
  }

  /// The parameters' values as named tensors in the layout of files: weights [outputs, inputs].
  ///
  /// - Parameters:
  ///   - weights: Values in this table's layout.
  ///   - prefix: What stands before each name.
  /// - Returns: A tensor for each parameter.
  public func tensors(_ weights: Weights, prefix: String = "") -> [String: Tensor] {
    weights.withUnsafeElements { tensors($0, prefix: prefix) }
  }

  private func tensors(
    _ values: UnsafeBufferPointer<Float>, prefix: String
  ) -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for parameter in parameters {
      let elements = Array(values[parameter.offset..<parameter.offset + parameter.count])
      let tensor = Tensor(shape: parameter.shape, elements: elements)
      tensors[prefix + parameter.name] = tensor.forFiles(parameter.fileLayout)
    }
    return tensors
  }

  /// Fills a flat buffer from the tensors of a file.
  ///
  /// - Parameters:
  ///   - buffer: A buffer of this table's layout; unchanged where an error is thrown.
  ///   - file: The contents of the file.
  ///   - path: The file's path, for errors.
  ///   - prefix: What stands before each name.
  /// - Throws: ``NeuralError`` naming a tensor that is missing or of another shape.
  public func load(
    _ buffer: FloatBuffer, from file: Safetensors, path: String, prefix: String = ""
  ) throws {
    for (parameter, tensor) in try matches(file, path: path, prefix: prefix) {
      tensor.fromFiles(parameter.fileLayout).elements.withUnsafeBufferPointer { elements in
        guard let start = elements.baseAddress else { return }
        (buffer.pointer + parameter.offset).update(from: start, count: elements.count)
      }
    }
  }

  /// The weights that a file holds.
  ///
  /// - Parameters:
  ///   - file: The contents of the file.
  ///   - path: The file's path, for errors.
  ///   - prefix: What stands before each name.
  /// - Returns: The values in this table's layout; the padding between parameters is zero.
  /// - Throws: ``NeuralError`` naming a tensor that is missing or of another shape.
  public func weights(
    from file: Safetensors, path: String, prefix: String = ""
  ) throws -> Weights {
    let buffer = FloatBuffer(count: count)
    try load(buffer, from: file, path: path, prefix: prefix)
    return Weights(adopting: buffer)
  }

  /// Checks that a file has every tensor of the table, each of its shape.
  ///
  /// - Parameters:
  ///   - file: The contents of the file.
  ///   - path: The file's path, for errors.
  /// - Throws: ``NeuralError`` naming a tensor that is missing or of another shape.
  public func check(_ file: Safetensors, path: String) throws {
    _ = try matches(file, path: path, prefix: "")
  }

  /// Each parameter with its tensor in a file.
  private func matches(
    _ file: Safetensors, path: String, prefix: String
  ) throws -> [(Parameter, Tensor)] {
    try parameters.map { parameter in
      let name = prefix + parameter.name
      guard let tensor = file.tensors[name] else {
        throw NeuralError.missingTensor(path: path, name: name, found: Array(file.tensors.keys))
      }
      guard tensor.shape == parameter.fileShape else {
        throw NeuralError.wrongShape(
          path: path, name: name, expected: parameter.fileShape, actual: tensor.shape)
      }
      return (parameter, tensor)
    }
  }
}
