import EnvironmentInterface
import Foundation
import Naming

/// Reads one episode of a file in robomimic's layout, and checks it.
struct EpisodeReader {
  /// The file, for messages.
  let file: String
  /// The file's size, which bounds what a dataset may claim.
  let fileBytes: Int
  /// What in the file must not be touched, by its path inside; see ``HDF5Probe``.
  let dangers: [String: String]

  /// Reads an episode of the group `data`.
  ///
  /// - Parameters:
  ///   - demo: The name of the episode's group.
  ///   - data: The group `data`.
  ///   - wanted: The observations to read; nil for all.
  /// - Returns: The episode, checked.
  /// - Throws: ``DemonstrationError`` that names episode, dataset and element.
  func episode(
    _ demo: String, in data: borrowing HDF5Group, observations wanted: [String]?
  ) throws -> Episode {
    let place = DemonstrationPlace(file: file, demo: demo)
    try refuseDanger("", place)
    let group = try place.naming { try data.group(demo) }
    let attributes = try place.naming {
      try group.checkAttributes()
      return try Self.attributes(of: group)
    }
    let samples = try place.naming { try group.integer("num_samples") }
    let actions = try series("actions", in: group, place, count: samples.map { Int(clamping: $0) })
    let count = actions.count
    guard count > 0 else { throw DemonstrationError.emptyEpisode(place) }

    var observations: [String: Series] = [:]
    for name in try observationNames(wanted, in: group, place) {
      observations[name] = try series("obs/\(name)", in: group, place, count: count)
    }
    return Episode(
      actions: actions, observations: observations,
      rewards: try numbers("rewards", in: group, place, count: count)
        ?? [Float](repeating: 0, count: count),
      dones: try numbers("dones", in: group, place, count: count)?.map { $0 != 0 }
        ?? (1...count).map { $0 == count },
      states: try place.naming { try group.contains("states") }
        ? try series("states", in: group, place, count: count) : nil,
      attributes: attributes)
  }

  /// Throws where the library would not survive an object of an episode.
  private func refuseDanger(_ object: String, _ place: DemonstrationPlace) throws {
    guard let reason = dangers["/\(Layout.data)/\(place.demo ?? "")\(object)"] else { return }
    throw DemonstrationError.damaged(place, reason: reason)
  }

  /// The attributes of ours that an episode's group has.
  static func attributes(of group: borrowing HDF5Group) throws -> EpisodeAttributes {
    EpisodeAttributes(
      seed: try group.unsigned(Layout.seed),
      success: try group.integer(Layout.success).map { $0 != 0 },
      behaviour: try words(group.text(Layout.behaviour), Layout.behaviour),
      choices: try words(group.text(Layout.choices), Layout.choices),
      completionSteps: try group.integers(Layout.completionSteps)?.map { Int($0) } ?? [],
      recordedBy: try group.text(Layout.recordedBy), recordedAt: try group.text(Layout.recordedAt))
  }

  private static func words(_ json: String?, _ name: String) throws -> [String: String] {
    guard let json else { return [:] }
    do {
      return try JSONDecoder().decode([String: String].self, from: Data(json.utf8))
    } catch {
      throw HDF5Failure(reason: "attribute '\(name)' is not a JSON object of texts")
    }
  }

  private func observationNames(
    _ wanted: [String]?, in group: borrowing HDF5Group, _ place: DemonstrationPlace
  ) throws -> [String] {
    if let wanted, wanted.isEmpty { return [] }
    try refuseDanger("/obs", place)
    let known = try place.naming {
      guard try group.isGroup("obs") else { return [String]() }
      return try group.group("obs").names()
    }
    guard let wanted else { return known }
    for name in wanted where !known.contains(name) {
      throw DemonstrationError.missing(place, name: "obs/\(name)", known: known.map { "obs/\($0)" })
    }
    return wanted
  }

  /// Reads a dataset whose first dimension is time.
  private func series(
    _ name: String, in group: borrowing HDF5Group, _ place: DemonstrationPlace, count: Int?
  ) throws -> Series {
    let place = place.at(name)
    try refuseDanger("/\(name)", place)
    guard try place.naming({ try group.contains(name) }) else {
      throw DemonstrationError.missing(
        DemonstrationPlace(file: file, demo: place.demo), name: name,
        known: try place.naming { try group.names() })
    }
    return try place.naming {
      let dataset = try group.dataset(name)
      let dimensions = dataset.dimensions
      let elements = try checkedCount(dataset, place, steps: count)
      let shape = dimensions.count == 1 ? [1] : Array(dimensions.dropFirst())
      // Only observations keep their bytes: robomimic's `dones` are numbers in any type.
      if dataset.kind == .byte, name.hasPrefix("obs/") {
        return Series(shape: shape, elements: .uint8(try dataset.bytes(elements)))
      }
      let values = try dataset.floats(elements)
      if let index = values.firstIndex(where: { !$0.isFinite }) {
        let width = max(1, elements / max(1, dimensions[0]))
        throw DemonstrationError.notFinite(place, step: index / width, element: index % width)
      }
      return Series(shape: shape, elements: .float32(values))
    }
  }

  /// Reads a dataset of one number a step, or nil where there is none.
  private func numbers(
    _ name: String, in group: borrowing HDF5Group, _ place: DemonstrationPlace, count: Int
  ) throws -> [Float]? {
    guard try place.naming({ try group.contains(name) }) else { return nil }
    let series = try series(name, in: group, place, count: count)
    guard series.width == 1, case .float32(let values) = series.elements else {
      throw DemonstrationError.wrongShape(
        place.at(name), actual: series.shape, expected: [], because: "one number a step")
    }
    return values
  }

  /// The number of elements of a dataset of numbers with `steps` steps.
  private func checkedCount(
    _ dataset: borrowing HDF5Dataset, _ place: DemonstrationPlace, steps: Int?
  ) throws -> Int {
    let dimensions = dataset.dimensions
    switch dataset.kind {
    case .floatingPoint, .byte, .integer, .enumeration: break
    case .text: throw DemonstrationError.wrongElements(place, found: "texts")
    case .other: throw DemonstrationError.wrongElements(place, found: "structured elements")
    }
    guard let first = dimensions.first else {
      throw DemonstrationError.wrongElements(place, found: "a single value")
    }
    if let steps, first != steps {
      throw DemonstrationError.wrongCount(
        place, actual: first, expected: steps,
        because: place.dataset == "actions" ? "attribute num_samples" : "as many as actions")
    }
    if first == 0 {
      throw DemonstrationError.emptyEpisode(DemonstrationPlace(file: file, demo: place.demo))
    }
    // Deflate shrinks at most 1,032-fold: a larger claim is damage, not data.
    guard let count = dataset.count, count <= (1 << 20) + fileBytes * 1_100 else {
      throw DemonstrationError.tooLarge(place, shape: dimensions)
    }
    if count == 0 {
      throw DemonstrationError.wrongShape(
        place, actual: Array(dimensions.dropFirst()), expected: [1], because: "at least one number")
    }
    return count
  }
}
