import Demonstrations
import EnvironmentInterface
import PolicyRuntime

/// What is read of every step: the spaces of the first episode, which all others must have alike.
struct StepColumns {
  /// One space of numbers.
  struct Column: Hashable {
    /// The space's name.
    let name: String
    /// The shape of one step's value, whose elements are taken in order.
    let shape: [Int]
    /// The type of the elements in the first file, such as `float64`.
    let type: String
    /// The number of values of one step.
    var width: Int { shape.reduce(1, *) }
    /// Whether elements may be numbers that 32 bits do not hold.
    var isWide: Bool { StepColumns.isWide(type) }
  }

  /// Whether elements of a type may be numbers that 32 bits do not hold.
  static func isWide(_ type: String) -> Bool {
    !["float16", "float32", "uint8", "int8", "uint16", "int16"].contains(type)
  }

  /// The observations, in the order of the features.
  let observations: [Column]
  /// The observations that are images, in the order in which they were asked for.
  let images: [ImageFormat]
  /// The actions.
  let action: Column
  /// The dataset of an episode that they are read from.
  let actionSource: String
  private let file: String

  /// The spaces of an episode, of which those named are looked at.
  ///
  /// - Parameters:
  ///   - episode: The first episode.
  ///   - types: The types of its observations' elements, and of `actions`.
  ///   - names: What is looked at.
  ///   - actions: The dataset that is learnt.
  ///   - file: The file, for messages.
  ///   - prepared: What is made of pictures.
  /// - Throws: ``WindowError`` for what looks like a picture and cannot be read as one.
  init(
    _ episode: Episode, types: [String: String], names: [String], actions: String,
    file: String, prepared: (ImageFormat) throws -> ImageFormat
  ) throws {
    var observations: [Column] = []
    var images: [ImageFormat] = []
    for name in names {
      guard let series = episode.observations[name] else { continue }
      let type = types[name] ?? "float32"
      switch PictureShape(series.shape, type: type, values: PictureShape.Values(series)) {
      case .picture(let form):
        images.append(
          try prepared(ImageFormat(name: name, shape: series.shape, form: form, file: file)))
      case .numbers:
        observations.append(Column(name: name, shape: series.shape, type: type))
      case .unclear(let reason, let remedy):
        throw WindowError.otherPicture(
          file: file, observation: name, shape: series.shape, type: type, reason: reason,
          remedy: remedy)
      }
    }
    if actions.hasPrefix("obs/"),
      case .picture = PictureShape(
        episode.actions.shape, type: types["actions"] ?? "", values: .init(episode.actions))
    {
      throw DemonstrationError.wrongElements(
        DemonstrationPlace(file: file, dataset: actions), found: "pictures")
    }
    self.observations = observations
    self.images = images
    self.file = file
    actionSource = actions
    action = Column(
      name: ValueMarks.actions, shape: episode.actions.shape, type: types["actions"] ?? "float32")
  }

  /// The spaces of numbers, the action's last.
  var spaces: [Column] { observations + [action] }

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
        file: file, reason: "'\(there.name)' is \(here.words) here and \(there.words) there")
    }
    guard observations.map(\.name) + images.map(\.name) == normalizer.observationNames else {
      throw WindowError.otherNormalizer(
        file: file,
        reason: "its images are \(normalizer.images.map(\.name)), those here \(images.map(\.name))")
    }
  }

  /// What the values of each space are, the action's last: as marked, and as the environment says.
  ///
  /// - Throws: ``WindowError`` for a mark on what is not there.
  func meanings(_ marks: ValueMarks, in store: DemonstrationStore) throws -> [ValueMeaning] {
    var meanings: [String: ValueMeaning] = [:]
    for space in store.environment?.observations ?? [] {
      meanings[space.name] = ValueMeaning(
        angles: space.components.indices.filter { space.components[$0].isAngle })
      if actionSource == "obs/\(space.name)" { meanings[action.name] = meanings[space.name] }
    }
    for mark in marks.angles {
      let column = try column(mark.observation)
      guard (0..<column.width).contains(mark.index) else {
        throw WindowError.angleOutOfRange(
          observation: column.name, index: mark.index, width: column.width)
      }
      meanings[column.name, default: ValueMeaning()].angles.append(mark.index)
      if mark.isDegrees { meanings[column.name]?.degrees.append(mark.index) }
    }
    for mark in marks.quaternions {
      let column = try column(mark.name)
      meanings[column.name, default: ValueMeaning()].quaternions.append(
        FeatureScale.Quaternion(start: mark.start, component: 3, isNegative: false))
    }
    for mark in marks.discrete {
      meanings[action.name, default: ValueMeaning()].discrete.append(
        FeatureScale.Discrete(index: mark.index, values: [0]))
    }
    return try spaces.map { column in
      let meaning = meanings[column.name] ?? ValueMeaning()
      try meaning.check(name: column.name, width: column.width)
      return meaning
    }
  }

  /// The space of a mark's name.
  private func column(_ name: String) throws -> Column {
    let name = HDF5Name.canonical(name)
    guard let column = spaces.last(where: { $0.name == name }) else {
      throw WindowError.unknownAngle(observation: name, known: spaces.map(\.name))
    }
    return column
  }

  /// The values of an episode's observations and actions, checked against the first episode's.
  func values(of episode: Episode, at place: DemonstrationPlace) throws -> [Series.Elements] {
    var values: [Series.Elements] = []
    for column in observations {
      guard let series = episode.observations[column.name] else { continue }
      values.append(try self.values(series, column, place.at("obs/\(column.name)")))
    }
    return values + [try self.values(episode.actions, action, place.at(actionSource))]
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
  ) throws -> Series.Elements {
    guard series.width == column.width else {
      throw DemonstrationError.wrongShape(
        place, actual: series.shape, expected: [column.width], because: "as in the first episode")
    }
    if case .float64 = series.elements, !column.isWide {
      throw DemonstrationError.otherType(
        place, actual: "numbers that 32 bits do not hold", expected: column.type)
    }
    return series.elements
  }

  private func bytes(
    _ series: Series, _ format: ImageFormat, _ place: DemonstrationPlace
  ) throws -> [UInt8] {
    let actual =
      series.shape.count == 2 && format.channels == 1 ? series.shape + [1] : series.shape
    guard actual == format.recordedShape else {
      throw DemonstrationError.wrongShape(
        place, actual: series.shape, expected: format.recordedShape,
        because: "as in the first episode")
    }
    if let form = format.form, form.white != nil {
      return format.kept(try form.bytes(series.numbers, of: "\(place)"))
    }
    guard case .uint8(let bytes) = series.elements else {
      throw DemonstrationError.wrongElements(
        place, found: "numbers where earlier episodes have bytes")
    }
    return format.kept(bytes)
  }
}

extension PictureShape.Values {
  /// What is to be known of a series that may be a picture; nil for bytes and for few dimensions.
  fileprivate init?(_ series: Series) {
    guard series.shape.count == 3 else { return nil }
    switch series.elements {
    case .uint8: return nil
    case .float32(let values): self.init(values)
    case .float64(let values): self.init(values)
    }
  }

  private init<Number: BinaryFloatingPoint>(_ values: [Number]) {
    var (low, high) = (Number.infinity, -Number.infinity)
    for value in values { (low, high) = (min(low, value), max(high, value)) }
    self.init(
      low: Double(low), high: Double(high),
      areWhole: values.allSatisfy { $0.rounded() == $0 })
  }
}
