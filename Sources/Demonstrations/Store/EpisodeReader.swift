import EnvironmentInterface
import Foundation
import Naming

/// Reads one episode of a file in robomimic's layout, and checks it.
struct EpisodeReader {
  /// What of an episode is read.
  enum Extent: Sendable {
    /// Actions, or the dataset that stands for them, and these observations alone.
    case inputs([String], actions: String = "actions")
    /// All that can be used, of the observations those named or all; what cannot is listed.
    case everything(observations: [String]?)
  }

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
  ///   - extent: What is read.
  /// - Returns: The episode, checked.
  /// - Throws: ``DemonstrationError`` that names episode, dataset and element, for what was asked
  ///   for by name and for actions.
  func episode(
    _ demo: String, in data: borrowing HDF5Group, _ extent: Extent
  ) throws -> EpisodeReading {
    let place = DemonstrationPlace(file: file, demo: demo)
    let group = try group(demo, in: data)
    let samples = try place.naming { try group.integer(Layout.samples) }
    let actions = try actions(extent, in: group, place, count: samples.map { Int(clamping: $0) })
    let count = actions.series.count
    guard count > 0 else { throw DemonstrationError.emptyEpisode(place) }
    var reading = EpisodeReading(actions: actions)

    switch extent {
    case .inputs(let names, _), .everything(observations: .some(let names)):
      for name in names.map(HDF5Name.canonical) {
        reading.add(try asked(name, in: group, place, count: count), as: name)
      }
    case .everything(observations: nil):
      for key in try observationKeys(in: group, place) {
        do {
          if let problem = key.problem { throw problem }
          reading.add(
            try series("obs/\(key.name)", in: group, place, count: count), as: key.name)
        } catch let error as DemonstrationError {
          reading.leaveOut("obs/\(key.name)", error)
        }
      }
    }
    guard case .everything = extent else { return reading }
    try addRest(to: &reading, from: group, place, count: count)
    return reading
  }

  /// Reads what stands for the actions.
  private func actions(
    _ extent: Extent, in group: borrowing HDF5Group, _ place: DemonstrationPlace, count: Int?
  ) throws -> EpisodeReading.Part {
    switch extent {
    case .everything:
      return try series("actions", in: group, place, count: count)
    case .inputs(_, let name) where name.hasPrefix("obs/"):
      // As many as there are actions, of which an observation may have one more.
      let steps = try count ?? series("actions", in: group, place, count: nil).series.count
      return try asked(String(name.dropFirst(4)), in: group, place, count: steps)
    case .inputs(_, let name):
      return try series(name, in: group, place, count: count)
    }
  }

  /// Throws where the library would not survive an object of an episode.
  func refuseDanger(_ object: String, _ place: DemonstrationPlace) throws {
    guard let reason = dangers["/\(Layout.data)/\(place.demo ?? "")\(object)"] else { return }
    throw DemonstrationError.damaged(place, reason: reason)
  }

  /// Adds rewards, ends, states and attributes, as far as they can be used.
  private func addRest(
    to reading: inout EpisodeReading, from group: borrowing HDF5Group,
    _ place: DemonstrationPlace, count: Int
  ) throws {
    try place.naming { try group.checkAttributes() }
    func optional<Value>(_ name: String, _ body: () throws -> Value?) -> Value? {
      do { return try body() } catch {
        reading.leaveOut(name, error as? DemonstrationError ?? .damaged(place, reason: "\(error)"))
        return nil
      }
    }
    reading.episode.rewards =
      optional("rewards") { try numbers("rewards", in: group, place, count: count) }
      ?? [Float](repeating: 0, count: count)
    reading.episode.dones =
      optional("dones") { try numbers("dones", in: group, place, count: count)?.map { $0 != 0 } }
      ?? (1...count).map { $0 == count }
    reading.episode.states = optional("states") {
      guard try contains("states", in: group, place) else { return nil }
      return try series("states", in: group, place, count: count).series
    }
    var unusable: [(name: String, reason: String)] = []
    reading.episode.attributes = EpisodeAttributes(unusable: &unusable, reading: group)
    for (name, reason) in unusable {
      reading.leaveOut("attribute '\(name)'", .unusable(place, reason: reason))
    }
  }

  /// What an episode has to look at, without its values.
  func keys(of demo: String, in data: borrowing HDF5Group) throws -> [ObservationKey] {
    try observationKeys(in: group(demo, in: data), DemonstrationPlace(file: file, demo: demo))
  }

  private func group(_ demo: String, in data: borrowing HDF5Group) throws -> HDF5Group {
    try refuseDanger("", DemonstrationPlace(file: file, demo: demo))
    return try DemonstrationPlace(file: file, demo: demo).naming { try data.group(demo) }
  }

  /// Reads an observation that was asked for by name.
  ///
  /// Only where it cannot be read are all names looked through, for a reason that helps.
  private func asked(
    _ name: String, in group: borrowing HDF5Group, _ place: DemonstrationPlace, count: Int
  ) throws -> EpisodeReading.Part {
    var path = "/obs"
    try refuseDanger(path, place)
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    do {
      for part in parts {
        path += "/\(part)"
        try refuseDanger(path, place.at(String(path.dropFirst())))
      }
      // The library would take these as no part of the name.
      if parts.contains("") || parts.contains(".") { throw HDF5Failure(reason: "no such name") }
      return try series("obs/\(name)", in: group, place, count: count)
    } catch {
      let known = try observationKeys(in: group, place)
      guard let key = known.first(where: { $0.name == name }) else {
        throw DemonstrationError.missing(
          place, name: "obs/\(name)", known: known.map { "obs/\($0.name)" })
      }
      throw key.problem ?? error
    }
  }

  /// Reads a dataset whose first dimension is time.
  private func series(
    _ name: String, in group: borrowing HDF5Group, _ place: DemonstrationPlace, count: Int?
  ) throws -> EpisodeReading.Part {
    let place = place.at(name)
    try refuseDanger("/\(name)", place)
    guard try name.hasPrefix("obs/") || place.naming({ try group.contains(name) }) else {
      throw DemonstrationError.missing(
        DemonstrationPlace(file: file, demo: place.demo), name: name,
        known: try place.naming { try group.names() })
    }
    return try place.naming {
      let dataset = try group.dataset(name)
      let steps = try checkedSteps(dataset, place, steps: count)
      if let reason = try dataset.absence() {
        throw DemonstrationError.absent(place, reason: reason)
      }
      let shape =
        dataset.dimensions.count == 1 ? [1] : Array(dataset.dimensions.dropFirst())
      let elements = dataset.count ?? 0
      let used = elements / dataset.dimensions[0] * steps
      return EpisodeReading.Part(
        series: Series(shape: shape, elements: try values(dataset, place, elements, used: used)),
        type: dataset.typeName, isCut: steps < dataset.dimensions[0])
    }
  }

  /// Reads all elements of a dataset and keeps the first `used` of them.
  private func values(
    _ dataset: borrowing HDF5Dataset, _ place: DemonstrationPlace, _ count: Int, used: Int
  ) throws -> Series.Elements {
    func checkFinite<Value: BinaryFloatingPoint>(_ values: [Value]) throws {
      guard let index = values.firstIndex(where: { !$0.isFinite }) else { return }
      let width = max(1, count / max(1, dataset.dimensions[0]))
      throw DemonstrationError.notFinite(place, step: index / width, element: index % width)
    }
    // Only observations keep their bytes: robomimic's `dones` are numbers in any type.
    if dataset.kind == .byte, place.dataset?.hasPrefix("obs/") == true {
      return .uint8(Array(try dataset.bytes(count).prefix(used)))
    }
    if dataset.fitsFloat {
      var values = try dataset.floats(count)
      if used < count { values.removeLast(count - used) }
      try checkFinite(values)
      return .float32(values)
    }
    var values = try dataset.doubles(count)
    if used < count { values.removeLast(count - used) }
    try checkFinite(values)
    // What 32 bits hold exactly is the same number in 32 bits.
    return values.allSatisfy({ Double(Float($0)) == $0 })
      ? .float32(values.map { Float($0) }) : .float64(values)
  }

  /// Whether an episode has a dataset, which something else of that name is not.
  private func contains(
    _ name: String, in group: borrowing HDF5Group, _ place: DemonstrationPlace
  ) throws -> Bool {
    try place.at(name).naming {
      guard try group.contains(name) else { return false }
      if try group.isGroup(name) {
        throw DemonstrationError.wrongElements(place.at(name), found: "a group")
      }
      return true
    }
  }

  /// Reads a dataset of one number a step, or nil where there is none.
  private func numbers(
    _ name: String, in group: borrowing HDF5Group, _ place: DemonstrationPlace, count: Int
  ) throws -> [Float]? {
    guard try contains(name, in: group, place) else { return nil }
    let series = try series(name, in: group, place, count: count).series
    guard series.width == 1 else {
      throw DemonstrationError.wrongShape(
        place.at(name), actual: series.shape, expected: [], because: "one number a step")
    }
    return series.floats
  }

  /// The number of steps of a dataset of numbers that are used.
  private func checkedSteps(
    _ dataset: borrowing HDF5Dataset, _ place: DemonstrationPlace, steps: Int?
  ) throws -> Int {
    let shape = dataset.dimensions
    let used = try Self.steps(of: dataset, place, expected: steps)
    if used == 0 {
      throw DemonstrationError.emptyEpisode(DemonstrationPlace(file: file, demo: place.demo))
    }
    // Deflate shrinks at most 1,032-fold: a larger claim is damage, not data.
    guard let count = dataset.count, count <= (1 << 20) + fileBytes * 1_100 else {
      throw DemonstrationError.tooLarge(place, shape: shape)
    }
    return used
  }

  /// The number of steps of a dataset that are used, judged by its type and extent alone.
  ///
  /// An observation may have one step more than there are actions: what was seen at the end.
  static func steps(
    of dataset: borrowing HDF5Dataset, _ place: DemonstrationPlace, expected: Int?
  ) throws -> Int {
    if dataset.isEmpty { throw DemonstrationError.wrongElements(place, found: "nothing") }
    switch dataset.kind {
    case .floatingPoint, .byte, .integer, .enumeration: break
    case .text: throw DemonstrationError.wrongElements(place, found: "texts")
    case .other: throw DemonstrationError.wrongElements(place, found: "structured elements")
    }
    guard let first = dataset.dimensions.first else {
      throw DemonstrationError.wrongElements(place, found: "a single value")
    }
    var used = first
    if let expected, first != expected {
      let isObservation = place.dataset?.hasPrefix("obs/") == true
      guard isObservation, first == expected + 1 else {
        throw DemonstrationError.wrongCount(
          place, actual: first, expected: expected,
          because: place.dataset == "actions" ? "attribute num_samples" : "as many as actions")
      }
      used = expected
    }
    if first > 0, dataset.count == 0 {
      throw DemonstrationError.wrongShape(
        place, actual: Array(dataset.dimensions.dropFirst()), expected: [1],
        because: "at least one number")
    }
    return used
  }
}
