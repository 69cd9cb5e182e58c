/// Something that one episode has to look at, without its values.
struct ObservationKey: Sendable {
  /// Its name; of what stands in a group of its own `GROUP/NAME`.
  let name: String
  /// The shape of one step.
  let shape: [Int]
  /// The type of the elements in the file, such as `float64`.
  let type: String
  /// Why it cannot be used; nil where nothing speaks against it so far.
  let problem: DemonstrationError?
}

/// Something to look at over several episodes, without its values.
package struct ObservedKey: Sendable {
  /// Its name.
  package let name: String
  /// The shape of one step in the first episode that has it.
  package let shape: [Int]
  /// The type of the elements there, such as `float64`.
  package let type: String
  /// In how many episodes it stands.
  package private(set) var episodes = 0
  /// The first episode that lacks it.
  package var lacking: String?
  /// Why it cannot be used, and in which episode first.
  package private(set) var problem: String?

  init(_ key: ObservationKey, lacking: String?) {
    (name, shape, type) = (key.name, key.shape, key.type)
    self.lacking = lacking
  }

  /// Includes an episode's.
  mutating func include(_ key: ObservationKey, in demo: String) {
    episodes += 1
    guard problem == nil else { return }
    if let error = key.problem {
      problem = "\(demo): \(error.reason)"
    } else if key.shape != shape {
      problem = "\(demo): a step has shape \(key.shape), but \(shape) in earlier episodes"
    } else if key.type.isFloatingPoint != type.isFloatingPoint {
      problem = "\(demo): holds \(key.type), but earlier episodes hold \(type)"
    }
  }
}

extension EpisodeReader {
  /// Groups in groups deeper than this, and more names than this, are not looked for.
  private static let (deepest, most) = (8, 10_000)

  /// What stands under `obs` of an episode, by name, groups in it included.
  func observationKeys(
    in group: borrowing HDF5Group, _ place: DemonstrationPlace
  ) throws -> [ObservationKey] {
    try refuseDanger("/obs", place)
    try refuseDanger("/actions", place.at("actions"))
    guard try place.naming({ try group.isGroup("obs") }) else { return [] }
    let steps = try? place.at("actions").naming { try group.dataset("actions").dimensions.first }
    var keys: [ObservationKey] = []
    let observations = try place.naming { try group.group("obs") }
    try collect(observations, "", place, steps: steps ?? nil, depth: 0, into: &keys)
    return keys
  }

  private func collect(
    _ group: borrowing HDF5Group, _ prefix: String, _ place: DemonstrationPlace, steps: Int?,
    depth: Int, into keys: inout [ObservationKey]
  ) throws {
    for link in try place.naming({ try group.links() }) where keys.count < Self.most {
      let name = prefix + link.name
      let place = place.at("obs/\(name)")
      do {
        try refuseDanger("/obs/\(name)", place)
      } catch let error as DemonstrationError {
        keys.append(ObservationKey(name: name, shape: [], type: "", problem: error))
        continue
      }
      if depth < Self.deepest, try place.naming({ try group.isGroup(link.name) }) {
        let inner = try place.naming { try group.group(link.name) }
        try collect(inner, name + "/", place, steps: steps, depth: depth + 1, into: &keys)
        continue
      }
      keys.append(try key(link, in: group, name, place, steps: steps))
    }
  }

  private func key(
    _ link: HDF5Group.Link, in group: borrowing HDF5Group, _ name: String,
    _ place: DemonstrationPlace, steps: Int?
  ) throws -> ObservationKey {
    func unusable(_ error: DemonstrationError) -> ObservationKey {
      ObservationKey(name: name, shape: [], type: "", problem: error)
    }
    do {
      return try place.naming {
        try group.checkFollowed(link)
        guard try group.isDataset(link.name) else {
          return unusable(
            link.kind == .object
              ? .wrongElements(place, found: "no values at all")
              : .unusable(place, reason: "it is a link that leads nowhere"))
        }
        let dataset = try group.dataset(link.name)
        let shape = dataset.dimensions.count < 2 ? [1] : Array(dataset.dimensions.dropFirst())
        var problem: DemonstrationError?
        do {
          _ = try Self.steps(of: dataset, place, expected: steps)
        } catch let error as DemonstrationError {
          problem = error
        }
        return ObservationKey(
          name: name, shape: shape, type: dataset.typeName, problem: problem)
      }
    } catch let error as DemonstrationError {
      return unusable(error)
    }
  }
}
