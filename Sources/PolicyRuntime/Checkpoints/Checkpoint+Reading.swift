import DurableFiles
package import Foundation
package import Neural

extension Checkpoint {
  /// Reads a folder.
  ///
  /// - Parameters:
  ///   - path: The folder.
  ///   - choice: Whose weights: the last, or those of the least validation loss.
  ///   - parts: The methods and backbones that are known.
  /// - Throws: ``ImitationError`` where it is not a checkpoint, of another version, or cut short,
  ///   and `NeuralError` where its tensors do not fit its configuration.
  public init(
    contentsOf path: String, choosing choice: CheckpointChoice = .last,
    parts: PolicyParts = .standard
  ) throws {
    let folder = try CheckpointReader(path, parts: parts)
    let header: Header = try folder.header()
    let model: PolicyModel
    do {
      try header.training.validate()
      try header.shape.validate()
      model = try PolicyModel(header.training.policy, shape: header.shape)
    } catch {
      throw ImitationError.malformedCheckpoint(
        path: folder.file("config.json"), reason: "\(error)")
    }
    let file = try folder.weights(choice, largestHeader: model.table.largestHeader())
    // The names and shapes are compared before memory is asked for that a file cannot fill.
    try model.table.check(file, path: folder.file(choice.file))
    let weights = try model.table.weights(from: file, path: folder.file(choice.file))
    if let bad = weights.withUnsafeElements({ $0.firstIndex { !$0.isFinite } }) {
      throw ImitationError.malformedCheckpoint(
        path: folder.file(choice.file), reason: "weight \(bad) is NaN or infinite")
    }
    let normalizer: Normalizer = try folder.decode("normalizer.json")
    guard normalizer.featureWidth == header.shape.stepObservationWidth,
      normalizer.actionFeatureWidth == header.shape.actionWidth,
      normalizer.images == header.shape.images
    else {
      throw ImitationError.malformedCheckpoint(
        path: folder.file("normalizer.json"),
        reason: "its widths (\(normalizer.featureWidth) features,"
          + " \(normalizer.actionFeatureWidth) of an action) are not the network's (\(header.shape.stepObservationWidth),"
          + " \(header.shape.actionWidth)), or its images not the network's")
    }
    self.init(
      configuration: header.training, provenance: header.provenance, shape: header.shape,
      normalizer: normalizer, weights: weights,
      step: file.metadata["step"].flatMap { Int($0) } ?? header.step,
      metrics: try folder.lines("metrics.jsonl"))
  }
}

extension PolicyShape {
  /// Checks that the sizes are such as a training makes, before memory is asked for.
  fileprivate func validate() throws(ImitationError) {
    let widths = [stepObservationWidth, actionWidth]
    let low = images.isEmpty ? 1 : 0
    guard (low...1_000_000).contains(stepObservationWidth), (1...1_000_000).contains(actionWidth)
    else {
      throw .optionOutOfRange(name: "a width", value: "\(widths)", range: "1…1000000")
    }
    if let actionReach {
      guard actionReach.count == actionWidth,
        actionReach.allSatisfy({ $0.count == 2 && $0[0] <= $0[1] && $0.allSatisfy(\.isFinite) })
      else {
        throw .optionOutOfRange(
          name: "the actions' reach", value: "\(actionReach)", range: "two ends for each feature")
      }
    }
    if let actionCategories {
      guard actionCategories.count == actionWidth,
        actionCategories.allSatisfy({ $0.count <= 65_536 && $0.allSatisfy(\.isFinite) })
      else {
        throw .optionOutOfRange(
          name: "the actions' categories", value: "of \(actionCategories.count) features",
          range: "a list for each of the \(actionWidth) features")
      }
    }
    for image in images {
      let sides = [image.height, image.width, image.channels]
      guard sides.allSatisfy((1...10_000).contains), image.channels <= 1000, image.isSound else {
        throw .optionOutOfRange(
          name: "the size of '\(image.name)'", value: image.size, range: "at most 10000×10000×1000")
      }
    }
  }
}

/// Reads the files of one checkpoint folder, with errors that name the file.
package struct CheckpointReader {
  private let path: String
  private let checksums: CheckpointChecksums?
  private let decoder: JSONDecoder

  package init(_ path: String, parts: PolicyParts = .standard) throws {
    CheckpointFolder.recover(path)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw ImitationError.notACheckpoint(path: path, reason: "there is no such folder")
    }
    guard isFolder.boolValue else {
      throw ImitationError.notACheckpoint(path: path, reason: "it is a file")
    }
    guard FileManager.default.fileExists(atPath: "\(path)/config.json") else {
      throw ImitationError.notACheckpoint(path: path, reason: "it has no config.json")
    }
    self.path = path
    checksums = try CheckpointChecksums(in: path)
    decoder = JSONDecoder(parts: parts)
    // Keys of former versions, which were in camel case, pass through this as they are.
    decoder.keyDecodingStrategy = .convertFromSnakeCase
  }

  /// Reads all files that have a checksum, and compares.
  ///
  /// - Returns: What was compared, in words.
  /// - Throws: ``ImitationError/malformedCheckpoint(path:reason:)``.
  package func verify() throws -> String {
    guard let checksums else {
      return
        "a checkpoint of an earlier version without checksums: read, finite, of the right shape"
    }
    for name in checksums.sha256.keys.sorted() { _ = try data(name) }
    let others = CheckpointFolder.names.subtracting(checksums.sha256.keys)
      .subtracting([CheckpointChecksums.name])
      .filter { FileManager.default.fileExists(atPath: file($0)) }.sorted()
    return "files compared with their checksums"
      + (others.isEmpty ? "" : ", but for \(others.joined(separator: ", ")), which have none")
  }

  package func file(_ name: String) -> String { "\(path)/\(name)" }

  package func data(_ name: String) throws -> Data {
    guard FileManager.default.fileExists(atPath: file(name)) else {
      throw ImitationError.malformedCheckpoint(path: file(name), reason: "the file is missing")
    }
    let data: Data
    do {
      data = try RegularFile.contents(file(name))
    } catch {
      throw ImitationError.malformedCheckpoint(
        path: file(name), reason: "cannot be read: \(error.reason)")
    }
    try checksums?.check(data, name, in: path)
    return data
  }

  package func decode<Value: Decodable>(_ name: String) throws -> Value {
    try decode(data(name), name)
  }

  func header() throws -> Checkpoint.Header {
    struct Version: Decodable { var format: Int }
    let data = try data("config.json")
    let version: Version = try decode(data, "config.json")
    guard (2...Checkpoint.format).contains(version.format) else {
      throw ImitationError.otherVersion(
        path: path, found: version.format, known: Checkpoint.format)
    }
    return try decode(data, "config.json")
  }

  /// The tensors of a policy's weights.
  func weights(_ choice: CheckpointChoice, largestHeader: Int) throws -> Safetensors {
    guard choice == .last || FileManager.default.fileExists(atPath: file(choice.file)) else {
      throw ImitationError.malformedCheckpoint(
        path: file(choice.file),
        reason: "there is none: the policy was trained without validation, or not far enough")
    }
    return try tensors(choice.file, largestHeader: largestHeader)
  }

  package func tensors(
    _ name: String, largestHeader: Int = Safetensors.largestHeader
  ) throws -> Safetensors {
    try Safetensors(decoding: data(name), path: file(name), largestHeader: largestHeader)
  }

  package func lines<Value: Decodable>(_ name: String) throws -> [Value] {
    try data(name).split(separator: UInt8(ascii: "\n")).map { try decode(Data($0), name) }
  }

  private func decode<Value: Decodable>(_ data: Data, _ name: String) throws -> Value {
    do {
      return try decoder.decode(Value.self, from: data)
    } catch let error as DecodingError {
      throw ImitationError.malformedCheckpoint(path: file(name), reason: words(error))
    } catch {
      // A value that checks itself, such as horizons.
      throw ImitationError.malformedCheckpoint(path: file(name), reason: "\(error)")
    }
  }

  private func words(_ error: DecodingError) -> String {
    func place(_ context: DecodingError.Context) -> String {
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      return path.isEmpty ? "" : " at '\(path)'"
    }
    switch error {
    case .keyNotFound(let key, let context):
      return "the key '\(key.stringValue)' is missing\(place(context))"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      return "a value of the wrong kind\(place(context))"
    case .dataCorrupted(let context):
      return context.codingPath.isEmpty
        ? "it is cut short or not JSON" : "\(context.debugDescription)\(place(context))"
    @unknown default:
      return "it cannot be decoded"
    }
  }
}
