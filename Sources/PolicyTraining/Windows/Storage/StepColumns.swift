import Demonstrations
import EnvironmentInterface
import PolicyRuntime

/// What is read of every step: the spaces of the first episode, which all others must have alike.
struct StepColumns {
  /// One space of numbers.
  struct Column: Hashable {
    /// The space's name.
    let name: String
    /// The number of values of one step.
    let width: Int
  }

  /// The observations, in the order of the features.
  let observations: [Column]
  /// The observations that are images, in the order in which they were asked for.
  let images: [ImageFormat]
  /// The actions.
  let action: Column
  private let file: String

  /// The spaces of an episode, of which those named are looked at.
  init(_ episode: Episode, names: [String], file: String) throws {
    var observations: [Column] = []
    var images: [ImageFormat] = []
    for name in names {
      guard let series = episode.observations[name] else { continue }
      if case .uint8 = series.elements, series.shape.count > 1 {
        images.append(try ImageFormat(name: name, shape: series.shape, file: file))
      } else {
        observations.append(Column(name: name, width: series.width))
      }
    }
    self.observations = observations
    self.images = images
    self.file = file
    action = Column(name: "actions", width: episode.actions.width)
  }

  /// Checks that scales are for these columns.
  func check(_ normalizer: Normalizer) throws {
    for (column, scale) in zip(
      observations + [action], normalizer.observations + [normalizer.action])
    where column.width != scale.width {
      throw WindowError.otherNormalizer(
        file: file,
        reason: "'\(column.name)' has \(column.width) values here and \(scale.width) there")
    }
    for (here, there) in zip(images, normalizer.images) where here != there {
      throw WindowError.otherNormalizer(
        file: file, reason: "'\(there.name)' is \(here.size) here and \(there.size) there")
    }
    guard observations.map(\.name) + images.map(\.name) == normalizer.observationNames else {
      throw WindowError.otherNormalizer(
        file: file,
        reason: "its images are \(normalizer.images.map(\.name)), those here \(images.map(\.name))")
    }
  }

  /// For each observation the values that are angles: as marked, and as the environment says.
  func angles(_ marks: [AngleMark], in store: DemonstrationStore) throws -> [String: [Int]] {
    var angles: [String: [Int]] = [:]
    for space in store.environment?.observations ?? [] {
      angles[space.name] = space.components.indices.filter { space.components[$0].isAngle }
    }
    for mark in marks {
      guard let column = observations.first(where: { $0.name == mark.observation }) else {
        throw WindowError.unknownAngle(
          observation: mark.observation, known: observations.map(\.name))
      }
      guard (0..<column.width).contains(mark.index) else {
        throw WindowError.angleOutOfRange(
          observation: mark.observation, index: mark.index, width: column.width)
      }
      angles[mark.observation, default: []].append(mark.index)
    }
    return angles
  }

  /// The values of an episode's observations and actions, checked against the first episode's.
  func values(of episode: Episode, at place: DemonstrationPlace) throws -> [[Float]] {
    var values: [[Float]] = []
    for column in observations {
      guard let series = episode.observations[column.name] else { continue }
      values.append(try self.values(series, column, place.at("obs/\(column.name)")))
    }
    return values + [try self.values(episode.actions, action, place.at("actions"))]
  }

  /// The bytes of an episode's images, checked against the first episode's.
  func bytes(of episode: Episode, at place: DemonstrationPlace) throws -> [[UInt8]] {
    var bytes: [[UInt8]] = []
    for format in images {
      guard let series = episode.observations[format.name] else { continue }
      bytes.append(try self.bytes(series, format, place.at("obs/\(format.name)")))
    }
    return bytes
  }

  private func values(
    _ series: Series, _ column: Column, _ place: DemonstrationPlace
  ) throws -> [Float] {
    guard series.width == column.width else {
      throw DemonstrationError.wrongShape(
        place, actual: series.shape, expected: [column.width], because: "as in the first episode")
    }
    switch series.elements {
    case .float32(let values): return values
    case .uint8(let bytes): return bytes.map { Float($0) }
    }
  }

  private func bytes(
    _ series: Series, _ format: ImageFormat, _ place: DemonstrationPlace
  ) throws -> [UInt8] {
    let expected = [format.height, format.width, format.channels]
    guard case .uint8(let bytes) = series.elements else {
      throw DemonstrationError.wrongElements(
        place, found: "numbers where earlier episodes have bytes")
    }
    guard try ImageFormat(name: format.name, shape: series.shape, file: file) == format else {
      throw DemonstrationError.wrongShape(
        place, actual: series.shape, expected: expected, because: "as in the first episode")
    }
    return bytes
  }
}
