import EnvironmentInterface

/// All steps of some episodes, one after another, in the file's units.
struct StepTable {
  /// One space's values.
  struct Column {
    /// The space's name.
    let name: String
    /// The number of values of one step.
    let width: Int
    /// Steps × width.
    var values: [Float] = []
  }

  /// One space's images.
  struct ImageColumn {
    /// The space's name and the size of its images.
    let format: ImageFormat
    /// Steps × height × width × channels.
    var bytes: [UInt8] = []
  }

  /// The observations, in the order of the features.
  private(set) var observations: [Column] = []
  /// The observations that are images, in the order in which they were asked for.
  private(set) var images: [ImageColumn] = []
  /// The actions.
  private(set) var action = Column(name: "actions", width: 0)
  /// For each episode its first step.
  private(set) var starts: [Int] = []
  /// For each episode the number of its steps.
  private(set) var lengths: [Int] = []
  /// The number of steps.
  private(set) var count = 0
  private let file: String

  /// Reads episodes; observations of nil are all that are lists of numbers.
  init(_ store: DemonstrationStore, observations wanted: [String]?, episodes: [Int]) throws {
    file = store.path
    guard let first = episodes.first else {
      throw DemonstrationError.noEpisodes(path: store.path)
    }
    let names = try wanted ?? Self.flatObservations(of: store, first)
    for index in episodes {
      try append(
        store.episode(index, observations: names), names: names, place: store.place(of: index))
    }
  }

  /// Checks that some episode is as long as the horizons.
  func check(_ horizons: Horizons) throws {
    let longest = lengths.max() ?? 0
    for (name, value) in [
      ("observation", horizons.observation), ("prediction", horizons.prediction),
    ] where value > longest {
      throw WindowError.horizonTooLong(file: file, name: name, value: value, longest: longest)
    }
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
    for (column, format) in zip(images, normalizer.images) where column.format != format {
      throw WindowError.otherNormalizer(
        file: file,
        reason: "'\(format.name)' is \(column.format.size) here and \(format.size) there")
    }
    guard observations.map(\.name) + images.map(\.format.name) == normalizer.observationNames else {
      throw WindowError.otherNormalizer(
        file: file,
        reason: "its images are \(normalizer.images.map(\.name)), those here"
          + " \(images.map(\.format.name))")
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

  /// The scales that these steps give.
  func normalizer(angles: [String: [Int]]) throws -> Normalizer {
    Normalizer(
      observations: try observations.map { try Self.scale($0, angles: angles[$0.name] ?? []) },
      images: images.map(\.format), action: try Self.scale(action, angles: []))
  }

  /// Steps × features, normalised.
  func features(_ normalizer: Normalizer) -> [Float] {
    let width = normalizer.featureWidth
    return [Float](unsafeUninitializedCapacity: count * width) { features, initialised in
      var offset = 0
      for (column, scale) in zip(observations, normalizer.observations) {
        Self.write(column, scale, into: features, from: offset, stride: width, steps: count)
        offset += scale.featureWidth
      }
      initialised = count * width
    }
  }

  /// Steps × A, normalised.
  func actions(_ normalizer: Normalizer) -> [Float] {
    let width = action.width
    return [Float](unsafeUninitializedCapacity: count * width) { values, initialised in
      Self.write(action, normalizer.action, into: values, from: 0, stride: width, steps: count)
      initialised = count * width
    }
  }

  private static func write(
    _ column: Column, _ scale: FeatureScale, into features: UnsafeMutableBufferPointer<Float>,
    from offset: Int, stride: Int, steps: Int
  ) {
    column.values.withUnsafeBufferPointer { values in
      for step in 0..<steps {
        let start = step * stride + offset
        scale.write(
          UnsafeBufferPointer(rebasing: values[step * column.width..<(step + 1) * column.width]),
          into: UnsafeMutableBufferPointer(
            rebasing: features[start..<start + scale.featureWidth]))
      }
    }
  }

  private mutating func append(
    _ episode: Episode, names: [String], place: DemonstrationPlace
  ) throws {
    if starts.isEmpty {
      action = Column(name: "actions", width: episode.actions.width)
      for name in names {
        guard let series = episode.observations[name] else { continue }
        if case .uint8 = series.elements, series.shape.count > 1 {
          let format = try ImageFormat(name: name, shape: series.shape, file: file)
          images.append(ImageColumn(format: format))
        } else {
          observations.append(Column(name: name, width: series.width))
        }
      }
    }
    action.values += try values(episode.actions, action, place.at("actions"))
    for index in observations.indices {
      let name = observations[index].name
      guard let series = episode.observations[name] else { continue }
      observations[index].values += try values(
        series, observations[index], place.at("obs/\(name)"))
    }
    for index in images.indices {
      let format = images[index].format
      guard let series = episode.observations[format.name] else { continue }
      images[index].bytes += try bytes(series, format, place.at("obs/\(format.name)"))
    }
    starts.append(count)
    lengths.append(episode.count)
    count += episode.count
  }

  /// The values of a series, checked against the first episode's.
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

  /// The bytes of a series of images, checked against the first episode's.
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

  private static func scale(_ column: Column, angles: [Int]) throws -> FeatureScale {
    var low = [Float](repeating: .infinity, count: column.width)
    var high = [Float](repeating: -.infinity, count: column.width)
    column.values.withUnsafeBufferPointer { values in
      var index = 0
      for value in values {
        low[index] = min(low[index], value)
        high[index] = max(high[index], value)
        index += 1
        if index == column.width { index = 0 }
      }
    }
    return try FeatureScale(name: column.name, angles: angles, low: low, high: high)
  }

  private static func flatObservations(
    of store: DemonstrationStore, _ index: Int
  ) throws -> [String] {
    let observations = try store.episode(index).observations
    let known = observations.keys.sorted()
    // The environment's order where there is one, the alphabet's otherwise.
    let ordered = store.environment?.observations.map(\.name) ?? known
    let flat = ordered.filter { name in
      guard let series = observations[name], case .float32 = series.elements else { return false }
      return series.shape.count == 1
    }
    if flat.isEmpty { throw WindowError.noObservations(file: store.path, known: known) }
    return flat
  }
}
