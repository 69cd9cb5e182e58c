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

  /// What cannot even be described.
  static func unusable(_ name: String, _ error: DemonstrationError) -> ObservationKey {
    ObservationKey(name: name, shape: [], type: "", problem: error)
  }
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
    guard try place.naming({ try group.contains("obs") }),
      case .group(let observations)? = try place.naming({ try group.object("obs") })
    else { return [] }
    let steps = try? place.at("actions").naming { try group.dataset("actions").dimensions.first }
    var keys: [ObservationKey] = []
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
        keys.append(.unusable(name, error))
        continue
      }
      switch try place.naming({ try group.object(link.name) }) {
      case .group(let inner)? where depth < Self.deepest:
        try collect(inner, name + "/", place, steps: steps, depth: depth + 1, into: &keys)
      case .dataset(let dataset)?: keys.append(try key(name, dataset, place, steps: steps))
      case .damaged(let error)?: keys.append(.unusable(name, try place.error(of: error)))
      case .some:
        keys.append(.unusable(name, .wrongElements(place, found: "no values at all")))
      case nil: keys.append(.unusable(name, try refusal(of: link, in: group, place)))
      }
    }
  }

  /// Why a link that cannot be opened is not followed.
  private func refusal(
    of link: HDF5Group.Link, in group: borrowing HDF5Group, _ place: DemonstrationPlace
  ) throws -> DemonstrationError {
    do {
      try group.checkFollowed(link)
      return .unusable(place, reason: "it is a link that leads nowhere")
    } catch {
      return try place.error(of: error)
    }
  }

  private func key(
    _ name: String, _ dataset: borrowing HDF5Dataset, _ place: DemonstrationPlace, steps: Int?
  ) throws -> ObservationKey {
    var problem: DemonstrationError?
    do {
      _ = try Self.steps(of: dataset, place, expected: steps)
    } catch let error as DemonstrationError {
      problem = error
    }
    return ObservationKey(
      name: name,
      shape: dataset.dimensions.count < 2 ? [1] : Array(dataset.dimensions.dropFirst()),
      type: dataset.typeName, problem: problem)
  }
}
